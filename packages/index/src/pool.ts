// Reads messages on threads of their own, each with a limit of memory and each message with a limit of time: a message that takes more costs
// its thread, is read once more in our own way on another, and then is what it is. It must never let one message keep others waiting for
// longer than that limit, nor fail because of what a message holds.
import { Worker } from "node:worker_threads";
import { MailError } from "@packetboat/core";
import type { Content, ContentReason } from "@packetboat/search";
import { emptyContent } from "./content-of.ts";
import { OPENED_BYTES, READ_BYTES } from "./limits.ts";
import { nothingOpened, type OpenedMessage } from "./opened.ts";

/** What cost a thread. */
type Failed = Exclude<ContentReason, "size" | "damaged">;

/** What is asked of a message: what search keeps, what somebody is shown, or the bytes of a part. */
export type Wanted =
  | { readonly kind: "content" }
  | { readonly kind: "open" }
  | { readonly kind: "part"; readonly part: string };

interface Readings {
  readonly content: Content;
  readonly open: OpenedMessage;
  readonly part: Uint8Array | null;
}

export interface ReadingTask {
  readonly wanted: Wanted;
  readonly bytes: Uint8Array;
  readonly cut: boolean;
  /** Why the ordinary way is not to be tried (again). */
  readonly failed: Failed | null;
}

/** A thread is given several tasks at once, and answers them at once, in their order. */
export type ReadingAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "read"; readonly read: readonly Readings[Wanted["kind"]][] };

export interface ReaderOptions {
  /** Default: 2. */
  readonly threads?: number;
  /** Milliseconds for one message of up to 24 MB; larger ones have more. Default: 10,000. */
  readonly limitMs?: number;
  /** Megabytes of objects for each thread. Default: 256. */
  readonly memoryMb?: number;
}

/** Reads messages; close it. */
export interface ContentReader extends AsyncDisposable {
  /** Gives what can be searched and shown of a message, whatever it is. `bytes` stay the caller's. Throws BUG when threads cannot be started. */
  readonly read: (bytes: Uint8Array, cut?: boolean) => Promise<Content>;
  /** Gives what somebody is shown of a message, whatever it is; up to OPENED_BYTES of it are looked at. Throws as `read`. */
  readonly open: (bytes: Uint8Array, cut?: boolean) => Promise<OpenedMessage>;
  /** Gives the decoded bytes of a part by the name that `open` gave it; null: it has none of that name. Throws as `read`. */
  readonly part: (bytes: Uint8Array, part: string) => Promise<Uint8Array | null>;
  readonly close: () => Promise<void>;
}

interface Waiting {
  task: ReadingTask;
  /** It was in a bundle that cost a thread: from here on it goes by itself, so that it is known which one it was. */
  alone: boolean;
  readonly resolve: (read: Readings[Wanted["kind"]]) => void;
  readonly reject: (error: Error) => void;
}

/** Bundles that a thread has beside the one in hand: it need not wait for us. */
const AHEAD = 2;
/** Messages that wait go together, as long as they are small: on its way a message costs as much as the reading of a small one. */
const BUNDLE_MESSAGES = 16;
const BUNDLE_BYTES = 131_072;
/** How many times the limit our own reading may take. */
const OWN_TIMES = 10;
/** For loading mailparser on a busy machine. */
const STARTING_MS = 30_000;
/** A thread that ends before it has answered anything so often in a row cannot be started here. */
const MOST_STILLBORN = 3;

/** Starts threads when there is something to read. */
export function openReader(options: ReaderOptions = {}): ContentReader {
  const pool = new Pool(options);
  const close = (): Promise<void> => pool.close();
  return {
    read: (bytes, cut = false) => pool.read({ kind: "content" }, bytes, cut),
    open: (bytes, cut = false) => pool.read({ kind: "open" }, bytes, cut),
    part: (bytes, part) => pool.read({ kind: "part", part }, bytes, false),
    close,
    [Symbol.asyncDispose]: close,
  };
}

class Pool {
  readonly #threads: Thread[];
  readonly #queue: Waiting[] = [];

  constructor({ threads = 2, limitMs = 10_000, memoryMb = 256 }: ReaderOptions) {
    this.#threads = Array.from({ length: threads }, () => new Thread(this.#queue, limitMs, memoryMb));
  }

  read<W extends Wanted>(wanted: W, bytes: Uint8Array, cut: boolean): Promise<Readings[W["kind"]]> {
    const most = wanted.kind === "content" ? READ_BYTES : OPENED_BYTES;
    const seen = bytes.length > most ? bytes.subarray(0, most) : bytes;
    const task = { wanted, bytes: seen, cut: cut || seen !== bytes, failed: null };
    return new Promise<Readings[Wanted["kind"]]>((resolve, reject) => {
      this.#queue.push({ task, alone: false, resolve, reject });
      // A thread takes longer to start than a few messages to read.
      this.#threads.find(({ load }) => load <= AHEAD)?.feed();
      // A thread answers what it was asked.
    }) as Promise<Readings[W["kind"]]>;
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }
}

/** What is answered for a message of which nothing could be had. */
function nothingOf({ kind }: Wanted, failed: Failed): Readings[Wanted["kind"]] {
  switch (kind) {
    case "content":
      return emptyContent(failed);
    case "open":
      return nothingOpened(failed);
    case "part":
      return null;
  }
}

const sizeOf = (bundle: readonly Waiting[]): number => bundle.reduce((sum, { task }) => sum + task.bytes.length, 0);

/** How many of those that wait go together next. */
function bundled(queue: readonly Waiting[]): number {
  let bytes = 0;
  for (const [i, { task, alone }] of queue.slice(0, BUNDLE_MESSAGES).entries()) {
    bytes += task.bytes.length;
    if (i > 0 && (alone || bytes > BUNDLE_BYTES)) return i;
    if (alone) return 1;
  }
  return Math.min(queue.length, BUNDLE_MESSAGES);
}

/** One thread and its successors. States: none (nothing to do yet), running, ended (its head is judged, the next one takes over). */
class Thread {
  readonly #queue: Waiting[];
  readonly #limitMs: number;
  readonly #memoryMb: number;
  /** What it was sent, in the order in which it answers. */
  #sent: (readonly Waiting[])[] = [];
  #worker: Worker | null = null;
  #timer: NodeJS.Timeout | null = null;
  #ready = false;
  #stillborn = 0;

  constructor(queue: Waiting[], limitMs: number, memoryMb: number) {
    this.#queue = queue;
    this.#limitMs = limitMs;
    this.#memoryMb = memoryMb;
  }

  get load(): number {
    return this.#sent.length;
  }

  feed(): void {
    while (this.#sent.length <= AHEAD) {
      const bundle = this.#queue.splice(0, bundled(this.#queue));
      if (bundle.length === 0) return;
      this.#worker ??= this.#start();
      this.#sent.push(bundle);
      // A copy of just these bytes, which the thread keeps: sent as they are, all of the memory that they lie in would be copied there.
      const all = new Uint8Array(sizeOf(bundle));
      let at = 0;
      const tasks = bundle.map(({ task }): ReadingTask => {
        const bytes = all.subarray(at, at + task.bytes.length);
        bytes.set(task.bytes);
        at += bytes.length;
        return { ...task, bytes };
      });
      this.#worker.postMessage(tasks, [all.buffer]);
      if (this.#sent.length === 1) this.#watch();
    }
  }

  #start(): Worker {
    const worker = new Worker(new URL("thread.ts", import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: this.#memoryMb, maxYoungGenerationSizeMb: 32 },
    });
    this.#ready = false;
    worker.on("message", (answer: ReadingAnswer) => {
      if (this.#worker !== worker) return;
      this.#ready = true;
      if (answer.kind === "read") {
        this.#stillborn = 0;
        for (const [i, { resolve }] of (this.#sent.shift() ?? []).entries()) resolve(answer.read[i] ?? null);
      }
      this.#watch();
      this.feed();
    });
    // An error is followed by the end: of memory, or of a thread that cannot even begin.
    let error: Error | null = null;
    worker.on("error", (thrown: Error) => {
      error = thrown;
    });
    worker.on("exit", () => {
      const isMemory = error !== null && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
      this.#lost(worker, isMemory ? "memory" : "parser", error);
    });
    return worker;
  }

  /** The time of the message in hand runs from here. */
  #watch(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#sent.length === 0) return;
    const worker = this.#worker;
    // In our own way everything takes as long as it is, so that its time only has to end what is a defect.
    const [bundle = []] = this.#sent;
    const own = bundle[0]?.task.failed === null ? 1 : OWN_TIMES;
    const size = Math.max(1, sizeOf(bundle) / READ_BYTES);
    const limit = this.#ready ? own * size * this.#limitMs : STARTING_MS;
    this.#timer = setTimeout(() => {
      if (worker === null) return;
      this.#lost(worker, "time", null);
      void worker.terminate();
    }, limit);
  }

  /** The bundle in hand has ended it; the others are as they were. */
  #lost(worker: Worker, failed: Failed, error: Error | null): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    const [bundle = [], ...others] = this.#sent;
    this.#sent = [];
    this.#watch();
    this.#queue.unshift(...others.flat());
    const [head, ...more] = bundle;
    if (head === undefined) return;
    if (!this.#ready && ++this.#stillborn >= MOST_STILLBORN) {
      const sentence = "Packetboat has a defect: threads that read mail cannot be started. Please report this.";
      for (const { reject } of bundle) reject(new MailError("BUG", sentence, { cause: error }));
    } else if (more.length > 0 || !this.#ready) {
      for (const each of bundle) each.alone = true;
      this.#queue.unshift(...bundle);
    } else if (head.task.failed !== null) head.resolve(nothingOf(head.task.wanted, failed));
    else {
      head.alone = true;
      head.task = { ...head.task, failed };
      this.#queue.unshift(head);
    }
    this.feed();
  }

  async end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const closed = new MailError("INTERRUPTED", "The reading of messages was ended.");
    for (const { reject } of this.#sent.splice(0).flat()) reject(closed);
    for (const { reject } of this.#queue.splice(0)) reject(closed);
    await worker?.terminate();
  }
}
