// The peers as this bench runs them: Debian's mbsync and interimap, unpacked beside the machine's own programs, and imapflow's own fetch as
// the raw limit of the library. Same server, same transport, no DEFLATE for anyone. They must run as their users run them, not hobbled.
import { writeFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unpack } from "@packetboat/testkit";
import type { Contestant, Program } from "./measure.ts";

export interface Account {
  readonly port: number;
  readonly user: string;
}

/** Where unpacked programs find their libraries, and a Perl that finds its modules. */
async function peerEnvironment(
  recipe: string,
  packages: readonly string[],
): Promise<{ dir: string; env: NodeJS.ProcessEnv; perl: readonly string[] }> {
  const { dir } = await unpack(recipe, packages);
  const libraries = `${dir}/usr/lib/x86_64-linux-gnu`;
  const modules = [`${dir}/usr/share/perl5`, `${libraries}/perl5/5.36`, `${libraries}/perl5`];
  // Taint mode, as interimap asks for itself, reads no PERL5LIB.
  const perl = ["perl", "-T", ...modules.map((path) => `-I${path}`)];
  return { dir, env: { ...process.env, LD_LIBRARY_PATH: libraries }, perl };
}

/** mbsync pulling into a Maildir. `fsync` is its default and what an archive has to be compared with. */
export async function mbsyncPull(work: string, account: Account, fsync: boolean, fresh: boolean): Promise<Contestant> {
  const { dir, env } = await peerEnvironment("isync", ["isync"]);
  const home = join(work, `mbsync-${account.user}-${account.port}-${fsync}`);
  const config = join(work, `mbsync-${account.user}-${account.port}-${fsync}.rc`);
  const text = `FSync ${fsync ? "yes" : "no"}
IMAPStore far
Host 127.0.0.1
Port ${account.port}
User ${account.user}
Pass pass
SSLType None
AuthMechs LOGIN
Timeout 120
DisableExtension COMPRESS=DEFLATE

MaildirStore near
Path ${home}/mail/
Inbox ${home}/mail/INBOX
SubFolders Verbatim

Channel x
Far :far:
Near :near:
Patterns *
Create Near
Expunge Near
Sync All
CopyArrivalDate yes
SyncState ${home}/state/
`;
  await writeFile(config, text);
  const empty = async () => {
    await rm(home, { recursive: true, force: true });
    await mkdir(join(home, "mail"), { recursive: true });
    await mkdir(join(home, "state"), { recursive: true });
  };
  await empty();
  const program = (): Program => ({ argv: [`${dir}/usr/bin/mbsync`, "-q", "-c", config, "x"], env });
  const name = `mbsync, FSync ${fsync ? "yes" : "no"}`;
  return fresh ? { name, before: empty, program } : { name, program };
}

/** mbsync sending what `pulled` has brought into its Maildir to an account, each time to another one with a state of its own. */
export async function mbsyncPush(work: string, pulled: Account, to: () => Account): Promise<() => Program> {
  const { dir, env } = await peerEnvironment("isync", ["isync"]);
  const mail = join(work, `mbsync-${pulled.user}-${pulled.port}-true`, "mail");
  return () => {
    const { port, user } = to();
    const config = join(work, `push-${user}.rc`);
    const text = `FSync yes
IMAPStore far
Host 127.0.0.1
Port ${port}
User ${user}
Pass pass
SSLType None
AuthMechs LOGIN
Timeout 120
DisableExtension COMPRESS=DEFLATE

MaildirStore near
Path ${mail}/
Inbox ${mail}/INBOX
SubFolders Verbatim

Channel x
Far :far:
Near :near:
Patterns *
Create Far
Sync Push
CopyArrivalDate yes
SyncState ${work}/push-${user}-
`;
    writeFileSync(config, text);
    return { argv: [`${dir}/usr/bin/mbsync`, "-q", "-c", config, "x"], env };
  };
}

/**
 * mbsync from one account to another, as a migration: everything that is new, flags and dates. With `both` it also takes changes back. Each
 * program is another target's, with a state of its own.
 */
export async function mbsyncBetween(
  work: string,
  name: string,
  from: Account,
  to: () => Account,
  both = false,
): Promise<() => Program> {
  const { dir, env } = await peerEnvironment("isync", ["isync"]);
  return () => {
    const target = to();
    const config = join(work, `between-${name}-${target.user}.rc`);
    const side = (store: string, { port, user }: Account) => `IMAPStore ${store}
Host 127.0.0.1
Port ${port}
User ${user}
Pass pass
SSLType None
AuthMechs LOGIN
Timeout 120
DisableExtension COMPRESS=DEFLATE
`;
    const rest = both ? "Create Both\nExpunge Both\nSync All" : "Create Near\nSync Pull";
    writeFileSync(
      config,
      `FSync yes
${side("far", from)}
${side("near", target)}
Channel x
Far :far:
Near :near:
Patterns *
${rest}
CopyArrivalDate yes
SyncState ${work}/between-${name}-${target.user}-
`,
    );
    return { argv: [`${dir}/usr/bin/mbsync`, "-q", "-c", config, "x"], env };
  };
}

const INTERIMAP = [
  "interimap",
  "libinterimap",
  "libdbi-perl",
  "libdbd-sqlite3-perl",
  "libconfig-tiny-perl",
  "libnet-ssleay-perl",
];

/** interimap between two accounts of one server. The caller runs it once to bring both in step, then measures. */
export async function interimap(work: string, near: Account, far: Account): Promise<Contestant> {
  const { dir, env, perl } = await peerEnvironment("interimap", INTERIMAP);
  const config = join(work, `interimap-${far.user}-${far.port}.conf`);
  const side = (account: Account) =>
    `type = imap\nhost = 127.0.0.1\nport = ${account.port}\nusername = ${account.user}\npassword = pass\nSTARTTLS = NO\ncompress = NO\n`;
  const text = `database = ${work}/interimap-${far.user}.db\nignore-mailbox = ^$\n[local]\n${side(near)}[remote]\n${side(far)}`;
  await writeFile(config, text, { mode: 0o600 });
  return {
    name: "interimap",
    program: () => ({ argv: [...perl, `${dir}/usr/bin/interimap`, `--config=${config}`, "--quiet"], env }),
  };
}

/** imapflow's own fetch of every body, nothing kept: what the library costs by itself. */
export function imapflowFetch(account: Account): Contestant {
  const script = fileURLToPath(new URL("imapflow-fetch.ts", import.meta.url));
  return {
    name: "imapflow fetch alone",
    program: () => ({ argv: [process.execPath, script, String(account.port), account.user] }),
  };
}
