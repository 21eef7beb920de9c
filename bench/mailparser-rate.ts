// The raw limit of the library: mailparser's own simpleParser, as it comes, over the messages of the case `search` or `index` on two threads. A program of its
// own; it prints the seconds of parsing alone, without the making of the messages, and the processor time of the two threads for it.
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { simpleParser } from "mailparser";
import { corpusMail } from "./corpus-mail.ts";
import { searchMail } from "./search-mail.ts";

const THREADS = 2;

interface Spent {
  /** Milliseconds. */
  wall: number;
  /** Milliseconds, user and system, without what V8's own threads do for this one. */
  processor: number;
}

/** What one thread's share takes. */
async function share(mail: string, messages: number, thread: number): Promise<Spent> {
  const spent: Spent = { wall: 0, processor: 0 };
  let i = 0;
  for await (const { bytes } of mail === "index" ? corpusMail(messages) : searchMail(messages)) {
    if (i++ % THREADS !== thread) continue;
    const before = process.threadCpuUsage();
    const began = performance.now();
    // Some of the corpus it refuses; that takes its time, too.
    await simpleParser(bytes).catch(() => undefined);
    spent.wall += performance.now() - began;
    const { user, system } = process.threadCpuUsage(before);
    spent.processor += (user + system) / 1_000;
  }
  return spent;
}

if (isMainThread) {
  const [mail = "search", number = "1000"] = process.argv.slice(2);
  const messages = Number(number);
  const shares = Array.from(
    { length: THREADS },
    (_, thread) =>
      new Promise<Spent>((resolve, reject) => {
        const worker = new Worker(new URL(import.meta.url), { workerData: { mail, messages, thread } });
        worker.once("message", resolve);
        worker.once("error", reject);
      }),
  );
  const spent = await Promise.all(shares);
  const seconds = Math.max(...spent.map(({ wall }) => wall)) / 1_000;
  const processor = spent.reduce((sum, each) => sum + each.processor, 0) / 1_000;
  console.log(JSON.stringify({ seconds, processor }));
} else {
  const { mail, messages, thread } = workerData as {
    readonly mail: string;
    readonly messages: number;
    readonly thread: number;
  };
  parentPort?.postMessage(await share(mail, messages, thread));
}
