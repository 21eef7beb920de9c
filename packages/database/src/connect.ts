// The way to the database, whichever it is: PACKETBOAT_DATABASE_URL (any Postgres 15 or later) or the embedded server of the home.
// Everything lies in the schema "packetboat", named by search_path on every connection, so that a database may be shared with others.
// int8 is read as bigint everywhere (count(*) too): ids become numbers at the archive's edge (asId), MODSEQ and UIDVALIDITY stay bigint.
// It must never log or throw a connection string: passwords lie in it.
import { hostname } from "node:os";
import { MailError } from "@packetboat/core";
import { Client, type ClientConfig, type CustomTypesConfig, Pool, type PoolClient, types } from "pg";
import { ensureDiskSpace } from "./disk.ts";
import type { EmbeddedSession } from "./embedded.ts";
import { asConnectError, asDatabaseError } from "./errors.ts";
import { homePath } from "./home.ts";

/** The schema that holds all our tables. */
export const SCHEMA = "packetboat";

const OLDEST_VERSION = 150_000;
const INT8 = 20;
const INT8_ARRAY = 1016;
const POOL_SIZE = 10;
const CONNECT_LIMIT_MS = 15_000;

const TYPES: CustomTypesConfig = {
  getTypeParser: (oid: number, format?: "text" | "binary") => {
    if (oid === INT8 && format !== "binary") return (value: string) => BigInt(value);
    if (oid === INT8_ARRAY && format !== "binary") return parseInt8Array;
    return types.getTypeParser(oid, format);
  },
};

/** One dimension, as array_agg makes it: "{1,2,NULL}". */
function parseInt8Array(value: string): (bigint | null)[] {
  if (value === "{}") return [];
  return value
    .slice(1, -1)
    .split(",")
    .map((item) => (item === "NULL" ? null : BigInt(item)));
}

// A machine that vanished is noticed after 30 s + 3 × 10 s without an answer; its locks go with its connections.
const SERVER_OPTIONS = [
  `-c search_path=${SCHEMA}`,
  "-c tcp_keepalives_idle=30",
  "-c tcp_keepalives_interval=10",
  "-c tcp_keepalives_count=3",
].join(" ");

/** An open database: a pool whose connections all see our schema. Close it after the last query, also after an error. */
export interface Database extends AsyncDisposable {
  readonly pool: Pool;
  /** The libpq address (with its password, if it has one: never print it for a foreign database). */
  readonly url: string;
  /** The home of the embedded server, null for PACKETBOAT_DATABASE_URL. */
  readonly home: string | null;
  /** Aborted with DATABASE_LOST when the embedded server goes away under us; another one after `comeBack`. */
  readonly lost: AbortSignal;
  /**
   * For a process that outlives its database: joins an embedded server that was lost anew, starting it if need be. Nothing for a database
   * elsewhere, whose pool connects by itself. Throws as openDatabase does.
   */
  readonly comeBack: () => Promise<void>;
  /** A connection of one's own, outside the pool, for locks that belong to a session. The caller ends it. */
  readonly dedicated: (name: string) => Promise<Client>;
  /** Throws DISK_LOW below 1 GB or 5 % free; a database elsewhere looks after its own disk. */
  readonly ensureDiskSpace: () => void;
  /**
   * Says that much was written and little more will be: an embedded server that is about to be stopped begins to write its pages, beside the
   * last transactions. Does not wait. Nothing for a server that stays up.
   */
  readonly expectStop: () => void;
  /**
   * Ends every connection at once, without a goodbye: what waits on one throws, and the next query opens a new one. For whoever knows that
   * the network swallows what is sent: the kernel itself would wait for a quarter of an hour.
   */
  readonly cutOff: () => void;
  /** Ends the pool and leaves the embedded server, which stops when nobody else uses it. */
  readonly close: () => Promise<void>;
}

export interface OpenOptions {
  /** Default: env.PACKETBOAT_DATABASE_URL; empty means the embedded server. */
  readonly url?: string;
  /** The home of the embedded server. Default: from env (interface.md). */
  readonly home?: string;
  /** Default: process.env. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Told what takes long. Default: silent. */
  readonly onNotice?: (sentence: string) => void;
  /** Connections in the pool. Default: 10. */
  readonly poolSize?: number;
  /** Server settings of the embedded server over ours, for tests. Default: none. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Opens the database. Throws DATABASE_UNREACHABLE, DATABASE_REFUSED or DATABASE_TOO_OLD with what to do. It does not migrate: see
 * migrateDatabase.
 */
export async function openDatabase(options: OpenOptions = {}): Promise<Database> {
  const env = options.env ?? process.env;
  const url = options.url ?? env.PACKETBOAT_DATABASE_URL ?? "";
  if (url !== "") return openForeign(url, options);
  const home = options.home ?? homePath(env);
  const { joinEmbedded } = await import("./embedded.ts");
  const session = await joinEmbedded({ ...options, home });
  const keep = env.PACKETBOAT_DATABASE_KEEP === "1";
  return database({ url: session.url, session, keep, options });
}

async function openForeign(url: string, options: OpenOptions): Promise<Database> {
  if (!/^postgres(ql)?:\/\//.test(url)) {
    throw new MailError(
      "CONFIG_INVALID",
      "PACKETBOAT_DATABASE_URL must begin with postgresql://, as in postgresql://user@host/database.",
    );
  }
  const opened = database({ url, session: null, keep: true, options });
  try {
    const { rows } = await opened.pool.query<{ version: number; name: string }>(
      "select current_setting('server_version_num')::int as version, current_setting('server_version') as name",
    );
    const [row] = rows;
    requireVersion(row?.version ?? 0, row?.name ?? "of an unknown version");
    return opened;
  } catch (error) {
    await opened.close();
    throw asConnectError(error, placeOf(url));
  }
}

/** Throws DATABASE_TOO_OLD below Postgres 15; `version` is server_version_num. */
export function requireVersion(version: number, name: string): void {
  if (version >= OLDEST_VERSION) return;
  throw new MailError(
    "DATABASE_TOO_OLD",
    `The database is Postgres ${name}; Packetboat needs 15 or later. Upgrade it, or leave PACKETBOAT_DATABASE_URL empty.`,
  );
}

// pg-pool's own limit would also end a query's wait for a free connection; this one ends the connecting only.
class ImpatientClient extends Client {
  constructor(config?: ClientConfig) {
    super({ ...config, connectionTimeoutMillis: CONNECT_LIMIT_MS });
  }
}

function database(parts: {
  url: string;
  session: EmbeddedSession | null;
  keep: boolean;
  options: OpenOptions;
}): Database {
  const { url, keep, options } = parts;
  let { session } = parts;
  const config = clientConfig(url, session === null, `packetboat ${process.pid}`);
  const pool = new Pool({ ...config, max: options.poolSize ?? POOL_SIZE, Client: ImpatientClient });
  // An idle connection that ends is replaced by the next query; without listeners it would end the process.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  let lost = lossOf(session);
  const open = new Set<Client>();
  const remember = (client: Client): void => {
    open.add(client);
    client.once("end", () => open.delete(client));
  };
  pool.on("connect", (client) => remember(client as unknown as Client));
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    await pool.end();
    await session?.leave(keep);
  };
  const closeOnce = (): Promise<void> => {
    closing ??= close();
    return closing;
  };
  return {
    pool,
    url,
    home: session?.layout.home ?? null,
    get lost() {
      return lost;
    },
    comeBack: async () => {
      if (session === null || !lost.aborted) return;
      const { joinEmbedded } = await import("./embedded.ts");
      session = await joinEmbedded({ ...options, home: session.layout.home });
      lost = lossOf(session);
    },
    dedicated: async (name) => {
      const client = await connectDedicated({ ...config, application_name: `packetboat ${process.pid} ${name}` }, url);
      remember(client);
      return client;
    },
    cutOff: () => {
      for (const client of open) streamOf(client)?.destroy();
    },
    ensureDiskSpace: () => {
      if (session !== null) ensureDiskSpace(session.layout.dataDirectory);
    },
    expectStop: () => {
      if (!keep) session?.beginCheckpoint();
    },
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}

/** Aborted when the embedded server goes away without being asked. */
function lossOf(session: EmbeddedSession | null): AbortSignal {
  const lost = new AbortController();
  session?.onLost(() =>
    lost.abort(
      new MailError(
        "DATABASE_LOST",
        "The database was stopped under the running command. What was committed is safe; run it again.",
      ),
    ),
  );
  return lost.signal;
}

/** The socket below a connection, which pg does not show in its types. */
function streamOf(client: Client): { destroy(): void } | null {
  const { connection } = client as unknown as { connection?: { stream?: { destroy(): void } } };
  return connection?.stream ?? null;
}

async function connectDedicated(config: ClientConfig, url: string): Promise<Client> {
  const client = new ImpatientClient(config);
  client.on("error", () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw asConnectError(error, placeOf(url));
  }
}

/** The user's own options in the address come first, ours after them: Postgres lets the last one win. */
function clientConfig(url: string, foreign: boolean, name: string): ClientConfig {
  const [address = "", query = ""] = url.split(/\?(.*)/s);
  const parameters = new URLSearchParams(query);
  parameters.set("options", `${parameters.get("options") ?? ""} ${SERVER_OPTIONS}`.trim());
  parameters.delete("application_name");
  return {
    connectionString: `${address}?${parameters}`,
    application_name: name,
    types: TYPES,
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    ...(foreign ? {} : { ssl: false }),
  };
}

/** Host, port and database of an address for messages; never user, password or parameters. */
export function placeOf(url: string): string {
  try {
    const { host, pathname, searchParams } = new URL(url.replace("@/", "@localhost/"));
    return `${searchParams.get("host") ?? (host === "" ? "localhost" : host)}${pathname}`;
  } catch {
    return "PACKETBOAT_DATABASE_URL";
  }
}

/** Runs `work` in one transaction on one connection; rolls back and maps the error when it throws. */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await connectFrom(pool);
  try {
    await client.query("begin");
    const result = await work(client);
    await client.query("commit");
    client.release();
    return result;
  } catch (error) {
    // A connection that cannot even roll back is thrown away, and with it the transaction.
    const broken = await client.query("rollback").then(
      () => false,
      () => true,
    );
    client.release(broken);
    throw asDatabaseError(error);
  }
}

/** A connection of the pool; throws DATABASE_LOST or DATABASE_UNREACHABLE instead of what pg throws. */
export async function connectFrom(pool: Pool): Promise<PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw asDatabaseError(error);
  }
}

/** What a holder of a lock is called in messages: host and pid, and nothing of the account. */
export function processName(command: string): string {
  return `${command} on ${hostname()}, process ${process.pid}`;
}
