// The thread of filing.ts: packed bodies in, files out, each with what became of it. It must never go on after the file system refused a
// file: a full disk would be asked for each of the others.
import { parentPort } from "node:worker_threads";
import type { FilingAnswer, FilingTask } from "./filing-task.ts";
import { fileTask } from "./filing-task.ts";

parentPort?.on("message", (task: FilingTask) => {
  const answer: FilingAnswer = { packed: task.packed, outcomes: fileTask(task) };
  parentPort?.postMessage(answer, [task.packed]);
});
