// What every real server of the tests is to a suite: ports, users, a certificate, a way to stop it. All give the same
// handle, so a suite runs unchanged against each. It must never leave a process or a directory behind.
import { existsSync, rmSync } from "node:fs";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A user of a test server. */
export interface Credentials {
  readonly user: string;
  readonly pass: string;
}

/** The password of every user of every test server. */
export const PASSWORD = "pass";

export interface ServerOptions {
  /** Users to make; a server that makes users at their first login ignores it. Default: alice and bob. */
  readonly users?: readonly string[];
  /** Keep the data directory after stop(), to look into. */
  readonly keep?: boolean;
}

/** A running IMAP server with its own directory and ports. */
export interface TestServer extends AsyncDisposable {
  readonly kind: "dovecot" | "cyrus" | "courier";
  /** The Debian version of the package. */
  readonly version: string;
  readonly host: "127.0.0.1";
  /** Clear text, and STARTTLS. */
  readonly port: number;
  /** TLS from the first byte. */
  readonly tlsPort: number;
  /** PEM file with the server's certificate, for clients to trust. */
  readonly caFile: string;
  /** Data directory of this instance. */
  readonly root: string;
  /** Pid of its master process, which is its process group too. */
  readonly pid: number;
  /** Milliseconds from the start of the master to the first greeting. */
  readonly startedInMs: number;
  user(name: string): Credentials;
  /** What the server logged so far. */
  log(): Promise<string>;
  /** True as long as any of its processes lives. */
  alive(): boolean;
  /** Ends all its processes and removes its data. A second call does nothing. */
  stop(): Promise<void>;
}

/** Connects and reads the first line, `* OK …`; false when there is none within a second. */
export function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => done(false));
    socket.once("data", (chunk: Buffer) => done(chunk.toString("latin1").startsWith("* OK")));
    socket.once("error", () => done(false));
    socket.once("close", () => done(false));
  });
}

/** A file that says: this directory is to be looked into, leave it. */
const KEEP = "keep";

/** The directory of one server. It is removed at the latest when this process exits, unless it is to be kept. */
export interface DataDirectory {
  readonly path: string;
  remove(): Promise<void>;
}

/** Makes a directory below the system's one for temporary files. The name stays short: paths of sockets end at 107 bytes. */
export async function makeDataDirectory(prefix: string, keep = false): Promise<DataDirectory> {
  await sweep(prefix);
  const path = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  await chmod(path, 0o755);
  const atExit = () => rmSync(path, { recursive: true, force: true });
  if (keep) await writeFile(join(path, KEEP), "");
  else process.once("exit", atExit);
  return {
    path,
    remove: async () => {
      if (keep) return;
      process.removeListener("exit", atExit);
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** A process that was killed with SIGKILL could not remove its directory: the next one does. */
async function sweep(prefix: string): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(prefix) ? Number(/^(\d+)-/.exec(name.slice(prefix.length))?.[1] ?? 0) : 0;
    if (pid === 0 || existsSync(`/proc/${pid}`) || existsSync(join(tmpdir(), name, KEEP))) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined); // another user's
  }
}
