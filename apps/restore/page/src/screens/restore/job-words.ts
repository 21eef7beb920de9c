// What a job is called, and how it stands in a line. Pure.
import { dateTime } from "../../texts/formats.ts";
import { imported } from "../../texts/import.ts";
import { jobs } from "../../texts/restore.ts";
import type { Job } from "./use-job.ts";

/** What it is. */
export function titleOf(job: Job): string {
  if (job.kind === "export") return jobs.download;
  if (job.kind === "import") return imported.of(job.asked?.name ?? "");
  const to = job.asked?.to;
  return to?.kind === "account" ? jobs.restoreTo(to.account) : jobs.restore;
}

/** How it stands, and of which moment. */
export function lineOf(job: Job): string {
  const time = job.preview?.time ?? null;
  const state = jobs.states[job.state] ?? job.state;
  return time === null ? `${state}.` : `${jobs.asOf(dateTime(time))} ${state}.`;
}
