// The raw limit of the library: mailparser's own simpleParser, as it comes, over the messages of the case `search` on two threads. A program of its
// own; it prints the seconds of parsing alone, without the making of the messages.
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { simpleParser } from "mailparser";
import { searchMail } from "./search-mail.ts";

const THREADS = 2;

/** Milliseconds of one thread's share. */
async function share(messages: number, thread: number): Promise<number> {
  let spent = 0;
  let i = 0;
  for (const { bytes } of searchMail(messages)) {
    if (i++ % THREADS !== thread) continue;
    const began = performance.now();
    await simpleParser(bytes);
    spent += performance.now() - began;
  }
  return spent;
}

if (isMainThread) {
  const messages = Number(process.argv[2] ?? "1000");
  const shares = Array.from(
    { length: THREADS },
    (_, thread) =>
      new Promise<number>((resolve, reject) => {
        const worker = new Worker(new URL(import.meta.url), { workerData: { messages, thread } });
        worker.once("message", resolve);
        worker.once("error", reject);
      }),
  );
  console.log(JSON.stringify({ seconds: Math.max(...(await Promise.all(shares))) / 1_000 }));
} else {
  const { messages, thread } = workerData as { readonly messages: number; readonly thread: number };
  parentPort?.postMessage(await share(messages, thread));
}
