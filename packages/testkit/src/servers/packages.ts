// Fetches Debian packages and unpacks them into a cache, without installing them: Dovecot and Cyrus exclude each other as
// installed packages, and an ordinary test run must not change the machine. Libraries the machine lacks are unpacked beside.
// It must never write outside the cache, and never leave a half-unpacked directory under its final name.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cp, lstat, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { command, mustRun } from "./commands.ts";
import { ServerUnavailable } from "./unavailable.ts";

/** Raise it when the way of unpacking changes: old caches are then left alone and new ones made. */
const LAYOUT = 1;
/** No package of ours needs more than a few rounds; a loop means that apt is giving nonsense. */
const MAX_ROUNDS = 8;

export interface Unpacked {
  /** The directory that holds the unpacked `usr`. */
  readonly dir: string;
  /** Package name to its Debian version. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Where unpacked packages are kept: PACKETBOAT_TEST_CACHE, else ~/.cache/packetboat-test. */
export function cacheRoot(): string {
  return process.env.PACKETBOAT_TEST_CACHE ?? join(homedir(), ".cache", "packetboat-test");
}

/**
 * Gives the directory with `packages` unpacked, and every library of theirs that this machine lacks. The first call downloads
 * (seconds), later ones only look. Safe to call from many test files at once. Throws ServerUnavailable where apt cannot help.
 */
export async function unpack(recipe: string, packages: readonly string[]): Promise<Unpacked> {
  if (process.platform !== "linux")
    throw new ServerUnavailable(`${recipe} needs Debian packages, and this is ${process.platform}`);
  const home = join(cacheRoot(), `debs-${LAYOUT}`);
  const dir = join(home, `${recipe}-${distribution()}-${process.arch}`);
  const known = readVersions(dir);
  if (known) return { dir, versions: known };
  if ((await command(["apt-get", "--version"])).code !== 0 || (await command(["dpkg-deb", "--version"])).code !== 0)
    throw new ServerUnavailable(`${recipe} needs apt-get and dpkg-deb, which this machine does not have`);
  await mkdir(home, { recursive: true });
  const release = await lock(join(home, `${recipe}.lock`));
  try {
    const made = readVersions(dir);
    if (made) return { dir, versions: made };
    return { dir, versions: await fetchInto(dir, recipe, packages) };
  } finally {
    release();
  }
}

function readVersions(dir: string): Record<string, string> | undefined {
  const file = join(dir, "versions.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, string>) : undefined;
}

function distribution(): string {
  const text = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return /^VERSION_CODENAME=([a-z0-9]+)$/m.exec(text)?.[1] ?? "unknown";
}

/** A lock of the kernel, held by a child: it is gone with this process, however that dies. */
async function lock(file: string): Promise<() => void> {
  const holder = spawn("flock", [file, "sh", "-c", "echo held; exec cat"], { stdio: ["pipe", "pipe", "inherit"] });
  await new Promise<void>((resolve, reject) => {
    holder.once("error", (error) =>
      reject(new ServerUnavailable("flock is missing (package util-linux)", { cause: error })),
    );
    holder.once("exit", (code) => reject(new Error(`flock ended with ${code} before it held ${file}`)));
    holder.stdout.once("data", () => resolve());
  });
  holder.removeAllListeners("exit");
  return () => holder.stdin.end();
}

async function fetchInto(dir: string, recipe: string, packages: readonly string[]): Promise<Record<string, string>> {
  const work = await mkdtemp(`${dir}.making-`);
  try {
    const debs = join(work, "debs");
    const root = join(work, "root");
    await mkdir(debs);
    await mkdir(root);
    const versions: Record<string, string> = {};
    let wanted = [...packages];
    for (let round = 0; wanted.length > 0 && round < MAX_ROUNDS; round += 1) {
      await download(wanted, debs, work, recipe);
      const depends = new Set<string>();
      for (const deb of (await readdir(debs)).filter((name) => name.endsWith(".deb"))) {
        const file = join(debs, deb);
        const field = async (name: string) => (await mustRun(["dpkg-deb", "-f", file, name])).toString("utf8").trim();
        versions[await field("Package")] = await field("Version");
        for (const name of libraryNames(`${await field("Depends")},${await field("Pre-Depends")}`)) depends.add(name);
        await mustRun(["dpkg-deb", "-x", file, root]);
        await rm(file);
      }
      const missing = await notInstalled([...depends].filter((name) => !(name in versions)));
      wanted = missing;
    }
    await mergeIntoUsr(root);
    await writeFile(join(root, "versions.json"), JSON.stringify(versions, null, 1));
    await rm(dir, { recursive: true, force: true });
    await rename(root, dir);
    return versions;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The libraries among the dependencies of a package, first alternative each. Programs it depends on are named by the recipe. */
export function libraryNames(depends: string): string[] {
  return depends
    .split(",")
    .map((part) => /^\s*([a-z0-9][a-z0-9+.-]+)/.exec(part)?.[1] ?? "")
    .filter((name) => name.startsWith("lib"));
}

async function notInstalled(names: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  for (const name of names) {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own format, not a template of ours
    const answer = await command(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}", name]);
    if (!answer.stdout.toString("utf8").startsWith("ii")) missing.push(name);
  }
  return missing;
}

async function download(names: readonly string[], into: string, work: string, recipe: string): Promise<void> {
  const asRoot = ["-o", "APT::Sandbox::User=root", "-q"];
  const first = await command(["apt-get", ...asRoot, "download", ...names], { cwd: into });
  if (first.code === 0) return;
  // A fresh machine has no package lists, and only root may fetch the machine's own: fetch private ones.
  const state = join(work, "apt");
  await mkdir(join(state, "lists", "partial"), { recursive: true });
  await mkdir(join(state, "cache", "archives", "partial"), { recursive: true });
  const own = [...asRoot, "-o", `Dir::State::Lists=${state}/lists`, "-o", `Dir::Cache=${state}/cache`];
  const update = await command(["apt-get", ...own, "update"]);
  const second = await command(["apt-get", ...own, "download", ...names], { cwd: into });
  if (second.code === 0) return;
  const said = (second.stderr || update.stderr || first.stderr).trim().split("\n").at(-1) ?? "";
  throw new ServerUnavailable(`${recipe}: apt-get could not download ${names.join(", ")}: ${said}`);
}

/** Older packages still ship into /lib, /bin and /sbin, which are links into /usr on every supported system. */
async function mergeIntoUsr(root: string): Promise<void> {
  for (const name of ["lib", "lib64", "bin", "sbin"]) {
    const from = join(root, name);
    const stat = existsSync(from) ? await lstat(from) : undefined;
    if (!stat?.isDirectory()) continue;
    await cp(from, join(root, "usr", name), { recursive: true, verbatimSymlinks: true, force: true });
    await rm(from, { recursive: true });
  }
}
