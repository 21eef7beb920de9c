// The door of the imap room: an IMAP account as the ports Remote and RemoteWriter, and watches of many. imapflow stays inside.
export type { AccountFacts, QuotaLine } from "./about.ts";
export type { Clock } from "./clock.ts";
export { type ConnectOptions, connectRemote, connectWriter, describeAccount } from "./connect.ts";
export { DEFAULT_LIMITS, type Limits } from "./limits.ts";
export { type MailServer, type SignInWay, serverOf, wayAt } from "./mail-servers.ts";
export type { PaceFor } from "./pacing.ts";
export { type Profile, profileFor, type ServerFacts } from "./profiles.ts";
export type { TokenMechanism, TokenSource } from "./sign-in.ts";

export { Lookout, type LookoutOptions } from "./watch.ts";
export type { WatchWish } from "./watch-wish.ts";
