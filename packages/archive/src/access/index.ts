// The door of access: who may sign in, as whom, and see what. Nothing here knows of HTTP.
export { type AuditEntry, listAudit, recordAudit, recordReadOnce } from "./audit.ts";
export {
  attemptAtProvider,
  type Entered,
  type ProvedIdentity,
  type ProviderEntrance,
  signInByIdentity,
} from "./identities.ts";
export { type Caller, mayRead, type Need, ROLES, refusalOf, SCOPES, type Scope, type User } from "./roles.ts";
export type { Chance, Random } from "./secrets.ts";
export { callerOfSession, endSession, type OpenedSession, signIn, sweepAccess } from "./sessions.ts";
export { callerOfToken, listTokens, makeToken, revokeToken, type TokenInfo } from "./tokens.ts";
export {
  createUser,
  firstAdmin,
  type Invitation,
  inviteAgain,
  invitedName,
  listUsers,
  removeUser,
  takeUp,
} from "./users.ts";
