// Defects of the planner that somebody might make, one rule of synchronisation broken by each: the judge of the random lives is worth what it
// sees of them. None of them is in the sources: each replaces one snippet that must be there exactly once, so that none can rot.
import type { KindName } from "../two-lives.ts";

export interface Mutant {
  /** What it gets wrong. */
  readonly name: string;
  /** The rules that it breaks, and how one sees it. */
  readonly breaks: string;
  /** Below packages/. */
  readonly file: string;
  readonly snippet: string;
  readonly instead: string;
  /** The lives that kill it. */
  readonly kind: KindName;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: "flag lost",
    breaks: "F1 F2: a flag that somebody took off comes back",
    file: "core/src/flags.ts",
    snippet: "unionFlags(withoutFlags(archive, removed), added)",
    instead: "unionFlags(archive, added)",
    kind: "agreed",
  },
  {
    name: "shown flags believed whole",
    breaks: "F1: what another client did since the look is in the base, and never crosses",
    file: "core/src/flags.ts",
    snippet: "return unionFlags(withoutFlags(base, withoutFlags(remove, shown)), commonFlags(add, shown));",
    instead: "return shown;",
    kind: "crowd",
  },
  {
    name: "base moved early",
    breaks: "S1: the base takes an expunge that the server has not confirmed",
    file: "engine/src/push/remove.ts",
    snippet: "  const { gone, error } = await writer.expunge(",
    instead:
      '  await commit(run, { archive: [], base: [{ kind: "unbind", remoteMailboxId: id, uids }] });\n  const { gone, error } = await writer.expunge(',
    kind: "busy",
  },
  {
    name: "removal without proof",
    breaks: "B5 M1: a line that LIST left out is a removed mailbox",
    file: "core/src/plan/mailboxes.ts",
    snippet:
      "const answer = evidence.get(questionKey(question));\n  if (answer === undefined) return { questions: [question] };",
    instead: "const answer = true;",
    kind: "busy",
  },
  {
    name: "marks of after the fetch",
    breaks: "S3: what came in meanwhile is never looked at",
    file: "engine/src/pull-link.ts",
    snippet: "if (visit.gone.length === 0) await commit(run, { archive: [], base: marksOf(visit) });",
    instead: `const now = (await run.remote.list()).find((one) => one.name === visit.listed.name)?.status;
      if (visit.gone.length === 0) await commit(run, { archive: [], base: marksOf({ ...visit, marks: now ?? visit.marks }) });`,
    kind: "crowd",
  },
  {
    name: "moves not recognised",
    breaks: "M4 M3: gone and new instead of moved; what others did with the message meanwhile is lost",
    file: "core/src/plan/messages.ts",
    snippet: "return { moves, gone: byHeader.left };",
    instead: "return { moves: [], gone };",
    kind: "agreed",
  },
  {
    name: "intents not settled",
    breaks: "S2: what was sent and not answered is taken for somebody else's",
    file: "engine/src/push/intents.ts",
    snippet: "if (open.length === 0 || run.dryRun) return unsettled;",
    instead: "return unsettled;",
    kind: "busy",
  },
  {
    name: "sent without intent",
    breaks: "S2: an APPEND whose answer is lost is sent again",
    file: "engine/src/push/append.ts",
    snippet: "await commit(run, { archive: [], base: [intend([...intents.values()])] });",
    instead: "",
    kind: "busy",
  },
  {
    name: "removal turned round",
    breaks: "M3: a flag brings back what was removed",
    file: "core/src/plan/messages.ts",
    snippet: '    if (decision === "merge" && row.archive !== null) {',
    instead: `    if (row.archive === null && link.rights.pull && !sameFlags(row.flags, message.flags)) {
      archive.push({ kind: "reviveMessage", messageId: row.messageId, mailboxId: 1, flags: message.flags });
    }
    if (decision === "merge" && row.archive !== null) {`,
    // Removals come after all looks of a round: only in a later one, after something went wrong, does a flag meet a removal.
    kind: "three",
  },
  {
    name: "removal wins over a move",
    breaks: "M3: a message that was moved on one side and removed on the other is gone",
    file: "core/src/plan/messages.ts",
    snippet: 'decision === "tombstone" && row.archive !== null && row.archive.mailboxId === mailboxId',
    instead: 'decision === "tombstone" && row.archive !== null',
    kind: "agreed",
  },
  {
    name: "the last move wins",
    breaks: "M5: the archive's place loses",
    file: "core/src/plan/messages.ts",
    snippet: "const home = homes.get(from.remoteMailboxId) ?? from.archive?.mailboxId ?? null;",
    instead: "const home = from.archive?.mailboxId ?? null;",
    kind: "agreed",
  },
  {
    name: "pushed before it is",
    breaks: "S3: what could not be tried is never tried again",
    file: "engine/src/push/push.ts",
    snippet: "paired.has(base.id) && !unfinished.has(base.id) &&",
    instead: "paired.has(base.id) &&",
    kind: "busy",
  },
  {
    name: "rename unseen",
    breaks: "B1: a renamed mailbox is removed and made again",
    file: "core/src/plan/pairing.ts",
    snippet: "\n  pairRenames(rest, evidence);",
    instead: "",
    kind: "agreed",
  },
  {
    name: "arrival in a removed mailbox",
    breaks: "B5: what arrives in a mailbox that the other side removed does not bring it back",
    file: "engine/src/pull.ts",
    snippet: 'visit.revival !== null && plan.archive.some((op) => "mailboxId" in op) ? [visit.revival] : [];',
    instead: "[];",
    kind: "busy",
  },
  {
    name: "original before its copy",
    breaks: "S5: the original goes though nobody confirmed its copy",
    file: "core/src/plan/push.ts",
    snippet: 'if (from !== undefined) return [{ kind: "move", row, from, to: home }];',
    instead: 'if (from !== undefined) return [{ kind: "removeOriginal", row, at: from }];',
    kind: "busy",
  },
  {
    name: "removals as they were seen",
    breaks: "S4 M3: what another account did with a message since makes its removal stale, and the push puts it back",
    file: "engine/src/pull-link.ts",
    snippet: "applyRemovals(run, await asTheyAre(run, removed), visits",
    instead: "applyRemovals(run, removed, visits",
    kind: "together",
  },
];
