// The door of config: what a command reads of its surroundings before it does anything.
export {
  type AccountAddress,
  type AccountUrl,
  type AccountUrlOptions,
  accountName,
  isLoopback,
  parseAccountUrl,
  type Security,
  showAccountUrl,
} from "./account-url.ts";
export type {
  Declaration,
  DeclaredAccount,
  DeclaredLink,
  DeclaredPassword,
  DeclaredSchedule,
  DeclaredSignIn,
  Problem,
} from "./declared/declaration.ts";
export { type Environment, type EnvironmentVariables, type LogLevel, readEnvironment } from "./environment.ts";
export { type LogFields, type Logger, openLogger, plainError, SILENT } from "./logger.ts";
export {
  choosePassword,
  PASSWORD_WAYS,
  type PasswordChoices,
  type PasswordSource,
  readPassword,
} from "./passwords.ts";
export { readOrMakeSealingKey, readSealingKey, type SealedRow, type SealingKey } from "./seal.ts";

/** What reads packetboat.yaml and prints its schema and its sample. Apart, because the libraries behind it take longer to load than most commands run. */
export const loadDeclared = () => import("./declared/index.ts");
