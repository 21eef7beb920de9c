// Starts a Cyrus IMAP 3.6 of its own for a suite, the second real server: Debian's packages unpacked, run as `nobody` in a
// namespace (Cyrus refuses root), users in a private sasldb. It must never leave a process behind or touch the machine's Cyrus.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { WireClient } from "../wire/client.ts";
import { quoted, toWireName } from "../wire/names.ts";
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
const BIN = "/usr/lib/cyrus/bin";
/** Who makes shared mailboxes and removes users. */
const ADMIN = "admin";
/** Debian's cyrus-common wants an installed mail server and more; these are what imapd itself needs, libraries aside. */
const PACKAGES = ["cyrus-imapd", "cyrus-common", "sasl2-bin", "libsasl2-modules", "libsasl2-modules-db"];

export interface CyrusOptions {
  /** Capabilities the server is not to announce, such as QRESYNC. COMPRESS=DEFLATE cannot be hidden. */
  readonly hide?: readonly string[];
  /** Storage limit of each user made at first login, in kB. */
  readonly quotaKb?: number;
  /** Lines for imapd.conf, at its end. */
  readonly extraConfig?: string;
  readonly tls?: CertificateOptions;
}

/** A running Cyrus. Only the users named at the start may log in, with the password "pass"; INBOX is made at first login. */
export interface Cyrus extends TestServer {
  readonly kind: "cyrus";
  readonly admin: { readonly user: string; readonly pass: string };
  addUser(name: string): Promise<void>;
  /** Makes a shared mailbox (users see it below `Shared Folders/`) and gives `user` these rights (RFC 4314 letters) on it. */
  share(mailbox: string, user: string, rights: string): Promise<void>;
  /** Removes all mail of a user; the next login begins anew. */
  reset(user: string): Promise<void>;
}

/** Starts a Cyrus with its own directory. Throws ServerUnavailable where it cannot run. */
export async function startCyrus(options: ServerOptions & CyrusOptions = {}): Promise<Cyrus> {
  const packages = await unpack("cyrus", PACKAGES);
  const version = packages.versions["cyrus-imapd"] ?? "";
  if (!/^3\.[0-9]+\./.test(version))
    throw new ServerUnavailable(`the tests know Cyrus 3, and this system offers ${version}`);
  const box = await sandbox(packages.dir);
  const data = await makeDataDirectory("pb-cy-", options.keep);
  const root = data.path;
  try {
    await prepare(root, options.tls);
    await box.own(root);
    await addUsers(box, root, [ADMIN, ...(options.users ?? ["alice", "bob"])]);
    for (let attempt = 1; ; attempt += 1) {
      const [port = 0, tlsPort = 0] = await freePorts(2);
      await writeFile(join(root, "imapd.conf"), imapdConf(root, options));
      await writeFile(join(root, "cyrus.conf"), cyrusConf(root, port, tlsPort));
      const began = performance.now();
      const running = box.start(
        [
          `${BIN}/master`,
          "-C",
          join(root, "imapd.conf"),
          "-M",
          join(root, "cyrus.conf"),
          "-p",
          join(root, "master.pid"),
        ],
        { cwd: root, env: environment(root) },
      );
      try {
        await until(async () => !running.alive() || (await greets(port)), "Cyrus's greeting");
        if (running.alive()) return handle({ data, port, tlsPort, version, box, running, began });
      } catch (error) {
        if (attempt >= ATTEMPTS) throw error;
      }
      await running.stop();
      if (attempt >= ATTEMPTS) throw new Error(`Cyrus did not start: ${running.said()}`);
    }
  } catch (error) {
    await data.remove();
    throw error;
  }
}

function environment(root: string): NodeJS.ProcessEnv {
  return { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: root, TZ: "UTC", LANG: "C.UTF-8" };
}

async function prepare(root: string, tls: CertificateOptions | undefined): Promise<void> {
  const inside = ["db", "proc", "socket", "log", "msg", "ptclient", "lock", "rpm", "user", "quota", "sieve", "sync"];
  for (const name of inside) await mkdir(join(root, "config", name), { recursive: true });
  await mkdir(join(root, "spool"));
  const { certificate, key } = makeCertificate(tls);
  await writeFile(join(root, "cert.pem"), certificate);
  await writeFile(join(root, "key.pem"), key, { mode: 0o600 });
}

async function addUsers(box: Sandbox, root: string, names: readonly string[]): Promise<void> {
  const script = `for user in "$@"; do printf '%s' ${PASSWORD} | saslpasswd2 -p -c -f "$0" -u localhost "$user" || exit 1; done`;
  const outcome = await box.run(["sh", "-c", script, join(root, "sasldb2"), ...names], {
    cwd: root,
    env: environment(root),
  });
  if (outcome.code !== 0) throw new Error(`saslpasswd2: ${outcome.stderr.trim()}`);
}

function imapdConf(root: string, options: CyrusOptions): string {
  const hidden = options.hide ?? [];
  return `configdirectory: ${root}/config
partition-default: ${root}/spool
defaultpartition: default
cyrus_user: nobody
admins: ${ADMIN}
servername: localhost
defaultdomain: localhost
virtdomains: off
unixhierarchysep: yes
altnamespace: yes
allowplaintext: yes
sasl_mech_list: PLAIN LOGIN
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: ${root}/sasldb2
autocreate_quota: ${options.quotaKb ?? 0}
autocreate_inbox_folders: Drafts|Sent|Trash
xlist-drafts: Drafts
xlist-sent: Sent
xlist-trash: Trash
conversations: 0
delete_mode: immediate
tls_server_cert: ${root}/cert.pem
tls_server_key: ${root}/key.pem
tls_versions: tls1_2 tls1_3
imapidlepoll: 2
maxlogins_per_user: 0
lmtpsocket: ${root}/config/socket/lmtp
idlesocket: ${root}/config/socket/idle
notifysocket: ${root}/config/socket/notify
${hidden.length > 0 ? `suppress_capabilities: ${hidden.join(" ")}` : ""}
${options.extraConfig ?? ""}
`;
}

function cyrusConf(root: string, port: number, tlsPort: number): string {
  const conf = join(root, "imapd.conf");
  return `START {
  recover cmd="${BIN}/ctl_cyrusdb -C ${conf} -r"
}
SERVICES {
  imap cmd="${BIN}/imapd -C ${conf} -U 30" listen="127.0.0.1:${port}" prefork=0
  imaps cmd="${BIN}/imapd -C ${conf} -s -U 30" listen="127.0.0.1:${tlsPort}" prefork=0
}
EVENTS {
}
`;
}

interface Parts {
  readonly data: DataDirectory;
  readonly port: number;
  readonly tlsPort: number;
  readonly version: string;
  readonly box: Sandbox;
  readonly running: Running;
  readonly began: number;
}

function handle(parts: Parts): Cyrus {
  const { box, running, port } = parts;
  const root = parts.data.path;
  const startedInMs = performance.now() - parts.began;
  const asAdmin = async (...commands: readonly string[]) => {
    await using client = await WireClient.login({ port }, ADMIN, PASSWORD);
    for (const command of commands) await client.must(command);
  };
  const stop = async () => {
    await running.stop();
    await parts.data.remove();
  };
  return {
    kind: "cyrus",
    version: parts.version,
    host: "127.0.0.1",
    port,
    tlsPort: parts.tlsPort,
    caFile: join(root, "cert.pem"),
    root,
    pid: running.pid,
    startedInMs,
    admin: { user: ADMIN, pass: PASSWORD },
    user: (name) => ({ user: name, pass: PASSWORD }),
    // Cyrus writes to syslog only; what is heard here is what it could not send there.
    log: async () => running.said() + (await readFile(join(root, "config", "log", "master"), "utf8").catch(() => "")),
    alive: () => running.alive(),
    addUser: (name) => addUsers(box, root, [name]),
    share: async (mailbox, user, rights) => {
      const name = quoted(toWireName(mailbox));
      await using client = await WireClient.login({ port }, ADMIN, PASSWORD);
      const made = await client.command(`CREATE ${name}`);
      if (made.status !== "OK" && !/exists/i.test(made.text)) throw new Error(`CREATE ${mailbox}: ${made.text}`);
      await client.must(`SETACL ${name} ${quoted(user)} ${rights}`);
    },
    reset: async (user) => {
      const name = quoted(`user/${user}`);
      await asAdmin(`SETACL ${name} ${ADMIN} lrswipkxtecda`, `DELETE ${name}`);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
