// A line to a Postgres that a test can cut: a socket of its own before the server's, which drops what is connected and lets nobody in until it
// is mended, or swallows everything without a word. It must never alter a byte it passes.
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface PostgresLine extends AsyncDisposable {
  /** The database's address by this line. */
  readonly url: string;
  /** Ends all connections; new ones are ended at once. */
  cut(): void;
  /** Passes nothing any more, in either direction; connections stay open. */
  swallow(): void;
  mend(): void;
}

/** Opens a line to the database of `url`, which lies behind a Unix socket. */
export async function openPostgresLine(url: string): Promise<PostgresLine> {
  const address = new URL(url.replace("@/", "@localhost/"));
  const [host, port] = [address.searchParams.get("host"), address.searchParams.get("port") ?? "5432"];
  if (host === null) throw new Error(`no socket directory in ${url}`);
  const directory = await mkdtemp(join(tmpdir(), "pb-line-"));
  const open = new Set<Socket>();
  let state: "whole" | "cut" | "swallowing" = "whole";
  const server = createServer((near) => {
    open.add(near);
    near.on("error", () => undefined).once("close", () => open.delete(near));
    if (state === "cut") return void near.destroy();
    const far = connect(join(host, `.s.PGSQL.${port}`));
    open.add(far);
    far
      .on("error", () => near.destroy())
      .once("close", () => {
        open.delete(far);
        if (state !== "swallowing") near.destroy();
      });
    near.once("close", () => far.destroy());
    near.on("data", (chunk) => state === "whole" && far.write(chunk));
    far.on("data", (chunk) => state === "whole" && near.write(chunk));
  });
  await new Promise<void>((resolve) => server.listen(join(directory, ".s.PGSQL.5432"), resolve));
  const dropAll = (): void => {
    for (const socket of open) socket.destroy();
  };
  address.searchParams.set("host", directory);
  address.searchParams.set("port", "5432");
  return {
    url: address.toString().replace("@localhost/", "@/"),
    cut: () => {
      state = "cut";
      dropAll();
    },
    swallow: () => {
      state = "swallowing";
    },
    mend: () => {
      if (state === "swallowing") dropAll();
      state = "whole";
    },
    [Symbol.asyncDispose]: async () => {
      dropAll();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}
