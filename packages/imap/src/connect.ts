// The door of the room: signs in to an account and gives it as the port Remote. TLS is verified, STARTTLS is required, clear text is
// taken only when it is asked for: it must never fall back from one to another, nor give a writer to who asked for a reader.
import type { Remote, RemoteWriter } from "@packetboat/core";
import { type AccountFacts, describeAccount as describe } from "./about.ts";
import type { Door, Log } from "./door.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { type PaceFor, Pacing } from "./pacing.ts";
import { ImapRemote } from "./remote.ts";
import type { Auth } from "./sign-in.ts";
import { ImapWriter } from "./writer.ts";

export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  /** `tls` from the first byte (993), `starttls` required (143), `none`: clear text, for loopback. */
  readonly security: "tls" | "starttls" | "none";
  readonly user: string;
  /** Whom to act for in an administrator's sign-in. Default: the user. */
  readonly authzid?: string | undefined;
  readonly auth: Auth;
  /** PEM of the authority to trust in place of the system's. Default: the system's. */
  readonly ca?: string | undefined;
  /**
   * COMPRESS=DEFLATE. `on` pays on lines under about 2 MB/s; a server's deflate gives 18 MB/s a core, a local line hundreds. `auto` is
   * off: no measurement before the first mail tells how fast a line is. Default: auto.
   */
  readonly compression?: "auto" | "on" | "off" | undefined;
  /** Connections of one fetch. Default: 1, and 3 where the round trip is over 10 ms and there are enough messages. */
  readonly connections?: number | undefined;
  /** Default: none. Never gets addresses, subjects or secrets. */
  readonly log?: Log | undefined;
  /** Ends everything at once: sockets are closed, what runs throws INTERRUPTED. */
  readonly signal?: AbortSignal | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** Asked by host before the first connection, and once more by what the server announces where that gave none. Default: no pace is kept. */
  readonly paceFor?: PaceFor | undefined;
}

/**
 * Signs in to an account. Throws UNREACHABLE, TIMED_OUT, TLS_REFUSED, NOT_IMAP, AUTH_REJECTED (never tried again), THROTTLED, INTERRUPTED
 * (traps 26, 27).
 */
export function connectRemote(options: ConnectOptions): Promise<Remote> {
  return ImapRemote.open(doorOf(options, false), options.connections ?? null);
}

/** Signs in to an account that may be written to. Throws as connectRemote does. */
export function connectWriter(options: ConnectOptions): Promise<RemoteWriter> {
  return ImapWriter.openWriter(doorOf(options, true), options.connections ?? null);
}

/** What a server says of itself and of the account. Throws as connectRemote does. */
export function describeAccount(options: ConnectOptions): Promise<AccountFacts> {
  return describe(doorOf(options, false));
}

/** What a connection needs, of what a caller gave. */
export function doorOf(options: ConnectOptions, writes: boolean): Door {
  const { host, port, security, user, auth } = options;
  return {
    host,
    port,
    security,
    user,
    authzid: options.authzid ?? null,
    auth,
    ca: options.ca ?? null,
    compress: options.compression === "on",
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    pacing: new Pacing(options.paceFor ?? null, host),
    log: options.log ?? null,
    signal: options.signal ?? null,
    writes,
  };
}
