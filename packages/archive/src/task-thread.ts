// A thread that does one kind of task, one after the other, and answers in that order. It is started with its first task or before, lives as long as
// the process and never keeps it alive. It must never leave whoever asked without an answer.
import type { Worker } from "node:worker_threads";

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** States: none (no task yet, or the last one ended it), running. */
export class TaskThread<Task, Answer> {
  readonly #make: () => Worker;
  #worker: Worker | null = null;
  #waiting: Waiting<Answer>[] = [];

  /** `make` starts the worker, which answers each message with one. */
  constructor(make: () => Worker) {
    this.#make = make;
  }

  get started(): boolean {
    return this.#worker !== null;
  }

  /** Starts the thread ahead of its first task. */
  start(): void {
    this.#worker ??= this.#start();
  }

  /** Rejects when the thread ended before it answered: of memory, say. What waited can be asked again; that starts another thread. */
  ask(task: Task, transfer: readonly ArrayBuffer[]): Promise<Answer> {
    this.#worker ??= this.#start();
    const asked = this.#worker;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      asked.ref();
      asked.postMessage(task, transfer);
    });
  }

  #start(): Worker {
    const started = this.#make();
    started.on("message", (answer: Answer) => {
      const asked = this.#waiting.shift();
      if (this.#waiting.length === 0) started.unref();
      asked?.resolve(answer);
    });
    started.on("error", (error) => {
      this.#worker = null;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const { reject } of waiting) reject(error);
    });
    started.unref();
    return started;
  }
}
