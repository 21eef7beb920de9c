// The process that the case `watch` measures: watches so many accounts of one server, and says on its channel what it noticed. Started with
// port, certificate file, number of accounts and the time between polls. It must never do more than a worker does for accounts that rest.
import { readFile } from "node:fs/promises";
import { type ConnectOptions, Lookout } from "@packetboat/imap";

/** What it tells: each account once it stands, each change, and what it has used when it is asked. */
export type WatcherWord =
  | { readonly kind: "standing" | "noticed"; readonly account: number }
  | { readonly kind: "trouble"; readonly account: number; readonly code: string }
  | { readonly kind: "used"; readonly cpuMs: number; readonly rssMb: number; readonly heapMb: number };

export const userOf = (account: number): string => `idle${account}`;

const [port, certificate = "", accounts, pollMs] = process.argv.slice(2);
if (import.meta.main && process.send !== undefined) await watchAll(process.send.bind(process));

async function watchAll(send: (word: WatcherWord) => void): Promise<void> {
  const ca = await readFile(certificate, "utf8");
  const lookout = new Lookout();
  for (let account = 0; account < Number(accounts); account++) {
    const connect = async (): Promise<ConnectOptions> => ({
      host: "127.0.0.1",
      port: Number(port),
      security: "tls",
      user: userOf(account),
      auth: { kind: "password", password: "pass" },
      ca,
    });
    lookout.watch({
      connect,
      pollMs: Number(pollMs),
      onChange: ({ why }) => send({ kind: why === "began" ? "standing" : "noticed", account }),
      onTrouble: ({ code }) => send({ kind: "trouble", account, code }),
      onEnd: ({ code }) => send({ kind: "trouble", account, code }),
    });
  }
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    send({ kind: "used", cpuMs: (user + system) / 1_000, rssMb: rss / 1_048_576, heapMb: heapUsed / 1_048_576 });
  });
  process.once("disconnect", () => void lookout.close());
}
