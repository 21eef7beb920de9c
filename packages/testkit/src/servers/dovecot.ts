// Starts a Dovecot 2.3 of its own for a suite: Debian's packages unpacked, run as `nobody` in a namespace, on loopback ports
// and in a directory of its own. It must never leave a process behind, and never read the machine's Dovecot.
import { createHmac, randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CertificateOptions, makeCertificate } from "./certificate.ts";
import { type CommandOptions, freePorts, until } from "./commands.ts";
import { type DovecotOptions, dovecotConfig, GLOBAL_ACL, MASTER_USER, oauthConfig } from "./dovecot.conf.ts";
import { unpack } from "./packages.ts";
import { copyTree, type Running, type Sandbox, sandbox } from "./sandbox.ts";
import {
  type DataDirectory,
  greets,
  makeDataDirectory,
  PASSWORD,
  type ServerOptions,
  type TestServer,
} from "./server.ts";
import { ServerUnavailable } from "./unavailable.ts";

export type { DovecotOptions } from "./dovecot.conf.ts";
export { DOVECOT_CAPABILITIES, MASTER_USER } from "./dovecot.conf.ts";

/** A port can be taken between the asking and the listening; more attempts than this would hide another fault. */
const ATTEMPTS = 4;

/** A running Dovecot. Any user name may log in, with the password "pass". */
export interface Dovecot extends TestServer {
  readonly kind: "dovecot";
  readonly format: "sdbox" | "maildir";
  /** The directory with all of a user's mail. */
  home(user: string): string;
  /** An OAuth access token for a user (JWT), for servers started with `oauth`. A negative lifetime makes an expired one. */
  token(user: string, lifetimeSeconds?: number): string;
  /** Runs `doveadm` against this instance and gives its stdout; throws with its own words when it fails. */
  doveadm(args: readonly string[], options?: CommandOptions): Promise<Buffer>;
  /** Removes all mail of a user, connections first. */
  reset(user: string): Promise<void>;
  /** Keeps a copy of all mail of a user; `restore` puts it back. Connections of the user are ended first. */
  snapshot(user: string, name: string): Promise<void>;
  restore(user: string, name: string): Promise<void>;
  /** Gives a user who never logged in the mail of another, as it was kept: the same UIDs under the same UIDVALIDITY. */
  become(user: string, another: string, name: string): Promise<void>;
}

/** Starts a Dovecot with its own directory. Throws ServerUnavailable where it cannot run. */
export async function startDovecot(
  options: ServerOptions & DovecotOptions & { readonly tls?: CertificateOptions } = {},
): Promise<Dovecot> {
  const packages = await unpack("dovecot", ["dovecot-core", "dovecot-imapd"]);
  const version = packages.versions["dovecot-core"] ?? "";
  if (!/^(\d+:)?2\.3\./.test(version))
    throw new ServerUnavailable(`the tests know Dovecot 2.3, and this system offers ${version}`);
  const box = await sandbox(packages.dir);
  const data = await makeDataDirectory("pb-dc-", options.keep);
  const root = data.path;
  try {
    const tokenKey = randomBytes(24).toString("base64url");
    await prepare(root, options, tokenKey);
    for (let attempt = 1; ; attempt += 1) {
      const [port = 0, tlsPort = 0] = await freePorts(2);
      await writeFile(join(root, "dovecot.conf"), dovecotConfig(root, port, tlsPort, options));
      await box.own(root);
      const began = performance.now();
      const running = box.start(["/usr/sbin/dovecot", "-F", "-c", join(root, "dovecot.conf")], {
        cwd: root,
        env: environment(root),
      });
      try {
        await until(async () => !running.alive() || (await greets(port)), "Dovecot's greeting");
        if (running.alive())
          return handle({
            data,
            port,
            tlsPort,
            version,
            box,
            running,
            began,
            tokenKey,
            format: options.format ?? "sdbox",
          });
      } catch (error) {
        if (attempt >= ATTEMPTS) throw error;
      }
      await running.stop();
      const log = await readFile(join(root, "dovecot.log"), "utf8").catch(() => "");
      if (attempt >= ATTEMPTS || !/Address already in use/.test(log))
        throw new Error(`Dovecot did not start: ${running.said()}${log}`);
    }
  } catch (error) {
    await data.remove();
    throw error;
  }
}

function environment(root: string): NodeJS.ProcessEnv {
  return { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: root, TZ: "UTC", LANG: "C.UTF-8" };
}

async function prepare(
  root: string,
  { tls, oauth }: DovecotOptions & { readonly tls?: CertificateOptions },
  tokenKey: string,
): Promise<void> {
  for (const name of ["run", "state", "mail", "public", "snapshots"]) await mkdir(join(root, name));
  const { certificate, key } = makeCertificate(tls);
  await writeFile(join(root, "cert.pem"), certificate);
  await writeFile(join(root, "key.pem"), key, { mode: 0o600 });
  await writeFile(join(root, "oauth2.conf"), oauthConfig(root, oauth));
  await mkdir(join(root, "oauth-keys", "default", "HS256"), { recursive: true });
  await writeFile(join(root, "oauth-keys", "default", "HS256", "default"), Buffer.from(tokenKey).toString("base64"));
  await writeFile(join(root, "global-acl"), GLOBAL_ACL);
  await writeFile(join(root, "masters"), `${MASTER_USER}:{PLAIN}${PASSWORD}\n`);
}

/** A signed JWT, as an identity provider would hand out. */
function signedToken(user: string, key: string, lifetimeSeconds: number): string {
  const now = Math.floor(Date.now() / 1_000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const issued = now - 10 + Math.min(0, lifetimeSeconds);
  const body = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: user, iat: issued, exp: now + lifetimeSeconds })}`;
  return `${body}.${createHmac("sha256", key).update(body).digest("base64url")}`;
}

interface Parts {
  readonly data: DataDirectory;
  readonly port: number;
  readonly tlsPort: number;
  readonly version: string;
  readonly box: Sandbox;
  readonly running: Running;
  readonly began: number;
  readonly tokenKey: string;
  readonly format: "sdbox" | "maildir";
}

function handle(parts: Parts): Dovecot {
  const { box, running } = parts;
  const root = parts.data.path;
  const startedInMs = performance.now() - parts.began;
  const mail = (user: string) => join(root, "mail", user);
  const saved = (user: string, name: string) => join(root, "snapshots", `${user}.${name}`);
  const doveadm = async (args: readonly string[], options: CommandOptions = {}) => {
    const argv = ["/usr/bin/doveadm", "-c", join(root, "dovecot.conf"), ...args];
    const outcome = await box.run(argv, { cwd: root, env: environment(root), ...options });
    if (outcome.code !== 0)
      throw new Error(`doveadm ${args.slice(0, 3).join(" ")} ended with ${outcome.code}: ${outcome.stderr.trim()}`);
    return outcome.stdout;
  };
  const endConnections = async (user: string) => {
    const connected = async () =>
      (await doveadm(["-f", "flow", "who", user])).toString("utf8").includes(`username=${user} `);
    if (!(await connected())) return;
    await doveadm(["kick", user]);
    await until(async () => !(await connected()), `connections of ${user} to end`);
  };
  const stop = async () => {
    await running.stop();
    await parts.data.remove();
  };
  return {
    kind: "dovecot",
    format: parts.format,
    home: mail,
    version: parts.version,
    host: "127.0.0.1",
    port: parts.port,
    tlsPort: parts.tlsPort,
    caFile: join(root, "cert.pem"),
    root,
    pid: running.pid,
    startedInMs,
    user: (name) => ({ user: name, pass: PASSWORD }),
    log: () => readFile(join(root, "dovecot.log"), "utf8"),
    alive: () => running.alive(),
    token: (user, lifetimeSeconds = 3_600) => signedToken(user, parts.tokenKey, lifetimeSeconds),
    doveadm,
    reset: async (user) => {
      await endConnections(user);
      await rm(mail(user), { recursive: true, force: true });
    },
    snapshot: async (user, name) => {
      await endConnections(user);
      await rm(saved(user, name), { recursive: true, force: true });
      await copyTree(mail(user), saved(user, name));
    },
    restore: async (user, name) => {
      await endConnections(user);
      await rm(mail(user), { recursive: true, force: true });
      await copyTree(saved(user, name), mail(user));
    },
    become: (user, another, name) => copyTree(saved(another, name), mail(user)),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
