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

/** What it is, and what of, as far as its answer knows: for a list, in which there are many alike. */
export function listedTitle(job: Job): string {
  const title = titleOf(job);
  if (job.kind === "import" || job.asked === null) return title;
  return jobs.named(title, whatOf(job.asked.selection));
}

type Selected = NonNullable<Extract<Job, { readonly kind: "restore" }>["asked"]>["selection"];

/** All that is given holds: messages, or what a search finds, within mailboxes. */
function whatOf({ messages, query, mailboxes }: Selected): string {
  const what =
    messages !== undefined ? jobs.what.messages(messages.length) : query === undefined ? null : jobs.what.search(query);
  if (mailboxes === undefined) return what ?? jobs.what.everything;
  const [first] = mailboxes;
  const within =
    first === undefined || mailboxes.length > 1
      ? jobs.what.mailboxes(mailboxes.length)
      : jobs.what.mailbox(first.path.join(" / "), first.children === true);
  return what === null ? within : jobs.what.within(what, within);
}

/** How it stands, and of which moment. */
export function lineOf(job: Job): string {
  const time = job.preview?.time ?? null;
  const state = jobs.states[job.state] ?? job.state;
  return time === null ? `${state}.` : `${jobs.asOf(dateTime(time))} ${state}.`;
}
