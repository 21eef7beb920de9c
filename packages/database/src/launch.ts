// Decides as whom, from where and with which settings the embedded server runs. Postgres refuses to run as root, so root starts it in
// a user namespace (no system user, no chown, any directory); where that is forbidden, under /var/lib/packetboat as a system user.
// It must never move data: a cluster that exists is used where it is, or the command stops and says why.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, cpSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { MailError } from "@packetboat/core";
import { nativeDirectory } from "./binaries.ts";
import {
  EMBEDDED_MAJOR,
  FALLBACK_ROOT,
  fallbackLayout,
  type HomeLayout,
  ownerOf,
  serverLayout,
  shortHash,
} from "./home.ts";

const NAMESPACE = ["unshare", "--user", "--map-user=1000", "--map-group=1000"] as const;

/** How the server's programs are started. */
export interface Launch {
  readonly layout: HomeLayout;
  /** Holds bin/initdb, bin/pg_ctl and bin/postgres, readable by whom the server runs as. */
  readonly native: string;
  /** Words before the program, for example unshare and its options. */
  readonly prefix: readonly string[];
  /** A sentence for the user when the data does not lie in the home; null otherwise. */
  readonly notice: string | null;
}

/** Decides how to start the server of this home. Throws DATABASE_REFUSED when its data belong to somebody else. */
export function planLaunch(layout: HomeLayout, uid: number = process.getuid?.() ?? 0): Launch {
  const owner = ownerOf(layout.dataDirectory);
  if (owner !== null && owner !== uid) {
    throw new MailError(
      "DATABASE_REFUSED",
      `The database in ${layout.home} belongs to the user with id ${owner}. Run the command as that user, or set PACKETBOAT_HOME.`,
    );
  }
  const native = nativeDirectory();
  if (uid !== 0) return { layout, native, prefix: [], notice: null };
  // Data that an earlier start had to put elsewhere stay there, also when namespaces are allowed by now.
  if (owner === null && serverLayout(layout, uid) !== layout) return planFallback(layout, native, false);
  switch (probeNamespace(native, layout.home)) {
    case "usable":
      return { layout, native, prefix: NAMESPACE, notice: null };
    case "binariesHidden":
      return { layout, native: copyNative(native, layout.home), prefix: NAMESPACE, notice: null };
    case "refused":
      return planFallback(layout, native, owner !== null);
  }
}

type Probe = "usable" | "binariesHidden" | "refused";

/** In the namespace root has no more rights than an ordinary user over files of others: so look from inside. */
function probeNamespace(native: string, home: string): Probe {
  const [program, ...options] = NAMESPACE;
  const script =
    'test -w "$1" || exit 4; test -x "$2/bin/postgres" && test -r "$2/share/postgresql/postgres.bki" || exit 3';
  try {
    execFileSync(program, [...options, "sh", "-c", script, "sh", home, native], { stdio: "ignore" });
    return "usable";
  } catch (error) {
    return error instanceof Error && "status" in error && error.status === 3 ? "binariesHidden" : "refused";
  }
}

function planFallback(layout: HomeLayout, native: string, dataInHome: boolean): Launch {
  if (dataInHome) {
    throw new MailError(
      "DATABASE_REFUSED",
      `The database in ${layout.home} was started in a user namespace before, which this machine now forbids to root. Allow user namespaces, or run as an ordinary user with its own PACKETBOAT_HOME.`,
    );
  }
  const identity = systemUser();
  const moved = fallbackLayout(layout);
  mkdirSync(FALLBACK_ROOT, { recursive: true, mode: 0o755 });
  for (const directory of [parentOf(moved), moved.socketDirectory]) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    chownSync(directory, identity.uid, identity.gid);
  }
  const notice = existsSync(moved.dataDirectory)
    ? null
    : `This machine does not let root use a user namespace for ${layout.home}, so the database lies under ${parentOf(moved)} and runs as ${identity.name}.`;
  return { layout: moved, native: copyNative(native, FALLBACK_ROOT), prefix: identity.prefix, notice };
}

function parentOf(layout: HomeLayout): string {
  return join(layout.dataDirectory, "..");
}

/** An account of its own if the administrator made one, else nobody; never one that is made by us. */
function systemUser(): { uid: number; gid: number; name: string; prefix: string[] } {
  for (const name of ["packetboat", "nobody"]) {
    try {
      const [uid, gid] = ["-u", "-g"].map((what) =>
        Number(execFileSync("id", [what, name], { stdio: ["ignore", "pipe", "ignore"] }).toString()),
      );
      if (uid === undefined || gid === undefined || !(uid > 0)) continue;
      const linux = ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
      return { uid, gid, name, prefix: process.platform === "linux" ? linux : ["sudo", "-n", "-u", name] };
    } catch {
      // No such user: the next name.
    }
  }
  throw new MailError(
    "DATABASE_UNREACHABLE",
    "Postgres does not run as root, and this machine has neither user namespaces nor a user called nobody. Run Packetboat as an ordinary user.",
  );
}

/** Copies the programs once to where the server's user can read them; the rename makes a half copy harmless. */
function copyNative(native: string, parent: string): string {
  const target = join(parent, `binaries-${EMBEDDED_MAJOR}-${shortHash(native)}`);
  if (existsSync(target)) return target;
  const partial = `${target}.${randomBytes(6).toString("hex")}`;
  // Static libraries are never needed to run it.
  cpSync(native, partial, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !basename(source).endsWith(".a"),
  });
  try {
    renameSync(partial, target);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

/**
 * Gives the text of packetboat.conf, which the cluster includes and each start writes anew. Safety is never traded: fsync, full pages and
 * synchronous commit stay on; the rest serves bulk loads and a quick start. `overrides` are for tests.
 */
export function serverSettings(layout: HomeLayout, overrides: Readonly<Record<string, string>> = {}): string {
  const settings: Record<string, string> = {
    listen_addresses: "",
    unix_socket_directories: `"${layout.socketDirectory.replaceAll('"', '""')}"`,
    unix_socket_permissions: "0700",
    fsync: "on",
    synchronous_commit: "on",
    full_page_writes: "on",
    shared_buffers: "128MB",
    huge_pages: "off",
    max_connections: "200",
    // A first pull of some 100 MB should not meet a checkpoint in the middle.
    max_wal_size: "2GB",
    checkpoint_timeout: "15min",
    // Nobody replicates an embedded server; without it there are fewer processes to start.
    wal_level: "minimal",
    max_wal_senders: "0",
    max_logical_replication_workers: "0",
    io_method: "sync",
    // Containers give 64 MB of /dev/shm, which parallel workers overrun.
    max_parallel_workers_per_gather: "0",
    max_parallel_maintenance_workers: "0",
    jit: "off",
    // A killed command's long statement ends, and with it its locks.
    client_connection_check_interval: "1000",
    timezone: "UTC",
    log_timezone: "UTC",
    lc_messages: "C",
    log_checkpoints: "off",
    // Statements and row details hold mailbox names and addresses: they stay out of the log.
    log_min_error_statement: "panic",
    log_error_verbosity: "terse",
    ...overrides,
  };
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name} = '${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`,
  );
  return `# Written by Packetboat at each start. Own settings: ALTER SYSTEM, which overrides this file.\n${lines.join("\n")}\n`;
}
