// Starts a Courier IMAP 5 of its own for a suite, the adversary among the real servers: no CONDSTORE, MOVE, LITERAL+ or SPECIAL-USE,
// and every mailbox below INBOX. Debian's packages unpacked, run as `nobody` in a namespace; sign-in by its own authdaemond, whose
// compiled-in /etc/courier and /run/courier are links into this server's directory. It must never leave a process behind.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { basename, join } from "node:path";
import { type CertificateOptions, makeCertificate } from "./certificate.ts";
import { freePorts, until } from "./commands.ts";
import { unpack } from "./packages.ts";
import { type Running, type Sandbox, sandbox } from "./sandbox.ts";
import {
  type DataDirectory,
  greets,
  makeDataDirectory,
  PASSWORD,
  type ServerOptions,
  type TestServer,
} from "./server.ts";
import { ServerUnavailable } from "./unavailable.ts";

const ATTEMPTS = 4;
/** courier-imap wants an installed mail server and more; these are what signing in and imapd need, libraries aside. */
const PACKAGES = [
  "courier-imap",
  "courier-base",
  "courier-authlib",
  "courier-authdaemon",
  "courier-authlib-userdb",
  "gamin",
];
/** Debian's own list, and plain sign-in without TLS. imapd adds ACL, ACL2=UNION, STARTTLS, ENABLE and UTF8=ACCEPT by itself. */
const CAPABILITIES =
  "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE AUTH=PLAIN";
/** The user inside the namespace, as userdb must name it. */
const NOBODY = 65534;

export interface CourierOptions {
  /** Capabilities the server is not to announce, such as UIDPLUS. */
  readonly hide?: readonly string[];
  /** Settings of imapd, beside or instead of those of this file, such as IMAP_EMPTYTRASH. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly tls?: CertificateOptions;
}

/** A running Courier. Only the users named at the start or added later may log in, with the password "pass". */
export interface Courier extends TestServer {
  readonly kind: "courier";
  /** The Maildir of a user: INBOX, and each mailbox as a `.Name` directory in it. */
  maildir(user: string): string;
  addUser(name: string): Promise<void>;
  /** Puts a copy of a Maildir++ tree in the place of a user's mail: messages, dates, and flags but for keywords. */
  load(user: string, maildir: string): Promise<void>;
  /** Removes all mail of a user. Nobody must be signed in as that user. */
  reset(user: string): Promise<void>;
}

/** Starts a Courier with its own directory. Throws ServerUnavailable where it cannot run. */
export async function startCourier(options: ServerOptions & CourierOptions = {}): Promise<Courier> {
  const packages = await unpack("courier", PACKAGES);
  const version = packages.versions["courier-imap"] ?? "";
  if (!/^5\.[0-9]+\./.test(version))
    throw new ServerUnavailable(`the tests know Courier IMAP 5, and this system offers ${version}`);
  const data = await makeDataDirectory("pb-co-", options.keep);
  const root = data.path;
  const users = new Set<string>();
  try {
    await prepare(root, options.tls);
    const box = await sandbox(packages.dir, join(root, "layer"));
    await box.own(root);
    await addUsers(box, root, users, options.users ?? ["alice", "bob"]);
    for (let attempt = 1; ; attempt += 1) {
      const [port = 0, tlsPort = 0] = await freePorts(2);
      const began = performance.now();
      const group = startParts(box, root, [port, tlsPort], options);
      const ended = () => partsOf(group).some((part) => !part.alive());
      try {
        await until(async () => ended() || (await isReady(root, port, tlsPort)), "Courier's greeting");
        if (!ended()) return handle({ data, port, tlsPort, version, box, group, began, users });
      } catch {
        // It hangs: what it said is told below.
      }
      const said = saidBy(group);
      await stopAll(group);
      if (attempt >= ATTEMPTS) throw new Error(`Courier did not start: ${said}`);
    }
  } catch (error) {
    await data.remove();
    throw error;
  }
}

function environment(root: string): NodeJS.ProcessEnv {
  return { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: root, TZ: "UTC", LANG: "C.UTF-8" };
}

/** What Debian's /etc/courier/imapd says, which its start script hands over as environment; but Trash is never emptied unasked. */
function settings(root: string, options: CourierOptions): NodeJS.ProcessEnv {
  const hidden = options.hide ?? [];
  const capabilities = CAPABILITIES.split(" ").filter((name) => !hidden.includes(name));
  return {
    ...environment(root),
    IMAP_CAPABILITY: capabilities.join(" "),
    IMAP_CAPABILITY_TLS: capabilities.join(" "),
    IMAP_KEYWORDS: "1",
    IMAP_ACL: "1",
    IMAP_IDLE_TIMEOUT: "2",
    IMAP_MAILBOX_SANITY_CHECK: "1",
    IMAP_CHECK_ALL_FOLDERS: "0",
    IMAP_OBSOLETE_CLIENT: "0",
    IMAP_USELOCKS: "1",
    IMAP_ENHANCEDIDLE: "0",
    IMAP_TRASHFOLDERNAME: "Trash",
    IMAP_MOVE_EXPUNGE_TO_TRASH: "0",
    IMAP_STARTTLS: "YES",
    IMAP_TLS_REQUIRED: "0",
    COURIERTLS: "/usr/bin/couriertls",
    TLS_CERTFILE: join(root, "server.pem"),
    TLS_VERIFYPEER: "NONE",
    GAM_CLIENT_ID: watcherId(root),
    ...options.settings,
  };
}

/** The parts of one server, each in a process group of its own: couriertcpd would leave a common one. */
interface Group {
  readonly clear: Running;
  readonly tls: Running;
  readonly auth: Running;
  /** imapd waits for locks with it. Where none answers it waits a second for nothing, or starts one that outlives us. */
  readonly watcher: Running;
}

const saidBy = (group: Group): string =>
  partsOf(group)
    .map((part) => part.said())
    .join("");
const partsOf = ({ clear, tls, auth, watcher }: Group): readonly Running[] => [clear, tls, auth, watcher];

function startParts(box: Sandbox, root: string, ports: readonly [number, number], options: CourierOptions): Group {
  const env = settings(root, options);
  const listen = ["/usr/sbin/couriertcpd", "-address=127.0.0.1", "-maxprocs=200", "-maxperip=200"];
  const quick = ["-nodnslookup", "-noidentlookup"];
  const serve = ["/usr/lib/courier/courier/imaplogin", "/usr/bin/imapd", "Maildir"];
  const tls = ["/usr/bin/couriertls", "-server", "-tcpd"];
  const start = (argv: readonly string[], more: NodeJS.ProcessEnv = {}) =>
    box.start(argv, { cwd: root, env: { ...env, ...more } });
  return {
    clear: start([...listen, ...quick, String(ports[0]), ...serve]),
    tls: start([...listen, ...quick, String(ports[1]), ...tls, ...serve], { IMAP_TLS: "1" }),
    auth: start(["/usr/lib/courier/courier-authlib/authdaemond"]),
    watcher: start(["/usr/libexec/gam_server", "--notimeout", watcherId(root)]),
  };
}

/** Its sockets have no place in a directory: one name for each server. */
function watcherId(root: string): string {
  return basename(root);
}

async function isReady(root: string, port: number, tlsPort: number): Promise<boolean> {
  if (!existsSync(join(root, "run", "authdaemon", "socket"))) return false;
  if (!(await readFile("/proc/net/unix", "utf8")).includes(watcherId(root))) return false;
  return (await greets(port)) && (await listens(tlsPort));
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => done(true));
    socket.once("error", () => done(false));
  });
}

/** imapd first: without its watcher it would start another. */
async function stopAll({ clear, tls, auth, watcher }: Group): Promise<void> {
  await Promise.all([clear.stop(), tls.stop()]);
  await Promise.all([auth.stop(), watcher.stop()]);
}

async function prepare(root: string, tls: CertificateOptions | undefined): Promise<void> {
  for (const name of ["config", "mail", "run/authdaemon", "layer/etc", "layer/run"])
    await mkdir(join(root, name), { recursive: true });
  // What lies under an overlay must not change: users and sockets do, so they are behind links.
  await symlink(join(root, "config"), join(root, "layer", "etc", "courier"));
  await symlink(join(root, "run"), join(root, "layer", "run", "courier"));
  const rc = { authmodulelist: "authuserdb", daemons: "3", authdaemonvar: "/run/courier/authdaemon", DEBUG_LOGIN: "0" };
  const lines = Object.entries(rc).map(([name, value]) => `${name}="${value}"\n`);
  await writeFile(join(root, "config", "authdaemonrc"), lines.join(""));
  const { certificate, key } = makeCertificate(tls);
  await writeFile(join(root, "cert.pem"), certificate);
  await writeFile(join(root, "server.pem"), key + certificate, { mode: 0o600 });
}

/** Makes homes with an empty Maildir and writes the users' database anew; authdaemond sees that it is another file. */
async function addUsers(box: Sandbox, root: string, known: Set<string>, names: readonly string[]): Promise<void> {
  for (const name of names) {
    if (!/^[a-z0-9._-]+$/i.test(name)) throw new Error(`${name} cannot be a user of this server`);
    known.add(name);
  }
  const password = `{SHA}${createHash("sha1").update(PASSWORD).digest("base64")}`;
  const home = (name: string) => join(root, "mail", name);
  const open = [...known].map(
    (name) => `${name}\tuid=${NOBODY}|gid=${NOBODY}|home=${home(name)}|mail=${home(name)}/Maildir`,
  );
  const secret = [...known].map((name) => `${name}\timappw=${password}`);
  const script =
    'umask 077; for home in "$@"; do mkdir -p "$home" && { test -d "$home/Maildir" || maildirmake.courier "$home/Maildir"; } || exit 1; done';
  await must(box, root, ["sh", "-c", script, "homes", ...names.map(home)]);
  for (const [file, lines] of [["userdb", open] as const, ["userdbshadow", secret] as const]) {
    const target = join(root, "config", file);
    const make = ["/usr/lib/courier/courier-authlib/makedatprog", "-", `${target}.tmp`, `${target}.dat`];
    await must(box, root, make, `${lines.join("\n")}\n.\n`);
  }
}

async function must(box: Sandbox, root: string, argv: readonly string[], input = ""): Promise<void> {
  const outcome = await box.run(argv, { cwd: root, env: environment(root), input });
  if (outcome.code !== 0) throw new Error(`${argv[0]} ended with ${outcome.code}: ${outcome.stderr.trim()}`);
}

interface Made {
  readonly data: DataDirectory;
  readonly port: number;
  readonly tlsPort: number;
  readonly version: string;
  readonly box: Sandbox;
  readonly group: Group;
  readonly began: number;
  readonly users: Set<string>;
}

function handle(made: Made): Courier {
  const { box, group, port, users } = made;
  const root = made.data.path;
  const startedInMs = performance.now() - made.began;
  // One after the other: the users' database is written as a whole.
  let adding = Promise.resolve();
  const add = (name: string): Promise<void> => {
    const added = adding.then(() => addUsers(box, root, users, [name]));
    adding = added.catch(() => undefined);
    return added;
  };
  const maildir = (user: string) => join(root, "mail", user, "Maildir");
  const stop = async () => {
    await stopAll(group);
    await made.data.remove();
  };
  return {
    kind: "courier",
    version: made.version,
    host: "127.0.0.1",
    port,
    tlsPort: made.tlsPort,
    caFile: join(root, "cert.pem"),
    root,
    pid: group.clear.pid,
    startedInMs,
    user: (name) => ({ user: name, pass: PASSWORD }),
    // Courier writes what happens to syslog or stderr.
    log: async () => saidBy(group),
    alive: () => partsOf(group).some((part) => part.alive()),
    maildir,
    addUser: add,
    load: async (user, from) => {
      await rm(maildir(user), { recursive: true, force: true });
      await cp(from, maildir(user), { recursive: true, preserveTimestamps: true });
      await markFolders(maildir(user));
      await box.own(maildir(user));
    },
    reset: async (user) => {
      await rm(maildir(user), { recursive: true, force: true });
      await add(user);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Maildir++: a mailbox is a directory with an empty file of this name. */
async function markFolders(maildir: string): Promise<void> {
  for (const name of await readdir(maildir))
    if (name.startsWith(".")) await writeFile(join(maildir, name, "maildirfolder"), "");
}
