// Where Packetboat keeps what it owns on this machine: the home, and the places inside it.
// Pure but for prepareHome, which makes the directories with mode 0700 and refuses one that somebody else owns.
// It must never depend on anything that differs between a login shell and cron ($TMPDIR, $XDG_RUNTIME_DIR, the terminal):
// two commands of one user must always find the same server.
import { createHash } from "node:crypto";
import { chmodSync, existsSync, lstatSync, mkdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { MailError } from "@packetboat/core";

/** The major version of the embedded Postgres; each has its own data directory. */
export const EMBEDDED_MAJOR = 18;

/** Where root's server goes on a machine that forbids it user namespaces. */
export const FALLBACK_ROOT = "/var/lib/packetboat";

// "/.s.PGSQL.5432" follows, and macOS allows 103 bytes for the whole.
const MAX_SOCKET_DIRECTORY_BYTES = 89;

/** The places in one home. All are absolute. */
export interface HomeLayout {
  readonly home: string;
  /** The cluster of the embedded server. */
  readonly dataDirectory: string;
  /** Mode 0700, holds the Unix socket. */
  readonly socketDirectory: string;
  readonly serverLog: string;
  /** What the last `pg_ctl start` said. */
  readonly startLog: string;
  /** Held by flock(2) while one command brings the server up. */
  readonly startLock: string;
  /** The default of PACKETBOAT_KEY_FILE: the key that seals kept passwords. */
  readonly keyFile: string;
}

/** Gives the home's absolute path: PACKETBOAT_HOME, else $XDG_DATA_HOME/packetboat, else ~/.local/share/packetboat. */
export function homePath(env: Readonly<Record<string, string | undefined>>, userHome: string = homedir()): string {
  const own = env.PACKETBOAT_HOME;
  if (own !== undefined && own !== "") return resolve(own);
  const data = env.XDG_DATA_HOME;
  // The XDG base directory specification: a relative path is invalid and is ignored.
  if (data !== undefined && isAbsolute(data)) return join(data, "packetboat");
  return join(userHome, ".local", "share", "packetboat");
}

/** Gives the layout under `root`; `uid` names the short socket directory that is used where the path would be too long. */
export function layoutOf(root: string, uid: number): HomeLayout {
  const inside = join(root, "run");
  const short = `/tmp/packetboat-${uid}-${shortHash(root)}`;
  return {
    home: root,
    dataDirectory: join(root, `postgres-${EMBEDDED_MAJOR}`),
    socketDirectory: Buffer.byteLength(inside) <= MAX_SOCKET_DIRECTORY_BYTES ? inside : short,
    serverLog: join(root, `postgres-${EMBEDDED_MAJOR}.log`),
    startLog: join(root, "start.log"),
    startLock: join(root, "start.lock"),
    keyFile: join(root, "secrets.key"),
  };
}

/** Gives the places of the server without starting a process: the home, or /var/lib/packetboat when an earlier start had to go there. */
export function serverLayout(layout: HomeLayout, uid: number): HomeLayout {
  if (uid !== 0 || existsSync(layout.dataDirectory)) return layout;
  const moved = fallbackLayout(layout);
  return existsSync(moved.dataDirectory) ? moved : layout;
}

/** The places of a server that cannot lie in its home; what only we write stays there. */
export function fallbackLayout(layout: HomeLayout): HomeLayout {
  const moved = layoutOf(join(FALLBACK_ROOT, shortHash(layout.home)), 0);
  return {
    ...moved,
    home: layout.home,
    startLock: layout.startLock,
    startLog: layout.startLog,
    keyFile: layout.keyFile,
  };
}

/** Twelve hex digits that stand for a path. */
export function shortHash(path: string): string {
  return createHash("sha256").update(path).digest("hex").slice(0, 12);
}

/**
 * Makes the home and its socket directory (mode 0700) and gives the layout with symbolic links resolved, so that two spellings of one
 * home share one server. Throws CONFIG_INVALID when a directory cannot be made or belongs to somebody else.
 */
export function prepareHome(home: string, uid: number = process.getuid?.() ?? 0): HomeLayout {
  try {
    makeWithParents(home);
    const layout = layoutOf(realpathSync(home), uid);
    requirePrivateDirectory(layout.socketDirectory, uid, layout.socketDirectory.startsWith(layout.home));
    return layout;
  } catch (error) {
    if (error instanceof MailError) throw error;
    throw new MailError(
      "CONFIG_INVALID",
      `The directory ${home} cannot be used: ${describe(error)}. Set PACKETBOAT_HOME to one that you may write to.`,
      {
        cause: error,
      },
    );
  }
}

/** Not mkdirSync's own `recursive`: where a parent exists and nothing can be made in it (/proc), that tries for ever. */
function makeWithParents(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true) return;
  if (dirname(directory) !== directory) makeWithParents(dirname(directory));
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    // Another command made it in the same moment.
    if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}

/**
 * Makes `directory` with mode 0700, or checks that it is a real directory of `uid` that nobody else can enter. With `rootMayVisit`, root
 * also takes one of another user: inside that user's own home, never in /tmp, where anybody could have made it.
 */
function requirePrivateDirectory(directory: string, uid: number, rootMayVisit: boolean): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
    return;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  // lstat: in /tmp anybody could have placed a symbolic link under our name.
  const found: Stats = lstatSync(directory);
  if (!found.isDirectory() || (found.uid !== uid && !(uid === 0 && rootMayVisit))) {
    throw new MailError(
      "CONFIG_INVALID",
      `${directory} belongs to another user, so the database's socket cannot lie there. Remove it or set PACKETBOAT_HOME to a shorter path.`,
    );
  }
  if ((found.mode & 0o077) !== 0) chmodSync(directory, 0o700);
}

/** The user id that owns `path`, or null when there is nothing. */
export function ownerOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.uid ?? null;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
