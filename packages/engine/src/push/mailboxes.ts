// Mailboxes of a push: creations, renames and subscriptions before the messages, removals after them (B1, B5). Each step is committed as the
// server has confirmed it. A mailbox that the server refuses is told, and the others go on (B7).
import {
  asMailError,
  type BaseOp,
  type CreateStep,
  type ListedMailbox,
  type MailboxBase,
  type MailboxPath,
  type MailboxPushPlan,
  type Note,
  planMailboxPush,
  type RemoteMailboxId,
  type RemoteWriter,
  type RenameStep,
  samePath,
  showPath,
  type Tree,
} from "@packetboat/core";
import { commit, type Pass, stopIfAsked } from "../context.ts";
import { count } from "../tally.ts";

/** The two sides after the mailboxes are settled, with what waits for its messages to be removed. */
export interface PushedMailboxes {
  readonly tree: Tree;
  readonly listing: readonly ListedMailbox[];
  readonly removals: readonly MailboxBase[];
}

/** Makes the server's mailboxes those of the archive, but for removals. `listing`: what LIST showed in this run. */
export async function pushMailboxes(
  run: Pass,
  writer: RemoteWriter,
  listing: readonly ListedMailbox[],
): Promise<PushedMailboxes> {
  const tree = await run.archive.tree();
  const plan = planMailboxPush(run.link, tree, listing, (path) => writer.spell(path));
  run.tally.notes.push(...plan.notes);
  const steps = plan.creates.length + plan.renames.length + plan.subscriptions.length;
  if (steps === 0 || run.dryRun) {
    if (run.dryRun) tellPlanned(run, plan);
    return { tree, listing, removals: plan.removals };
  }
  for (const step of plan.renames)
    await tried(run, showPath(step.to.path), () => rename(run, writer, tree, listing, step));
  const created: CreateStep[] = [];
  for (const step of plan.creates) {
    const done = await tried(run, showPath(step.spelled.path), () => writer.create(step.spelled.name));
    if (done !== null) created.push(step);
  }
  for (const { base, subscribed } of plan.subscriptions) {
    const listed = listing.find((one) => one.name === base.name);
    if (listed === undefined) continue;
    await tried(run, showPath(base.path), async () => {
      await writer.subscribe(listed, subscribed);
      await commit(run, { archive: [], base: [changed(base, { subscribed })] });
    });
  }
  const now = await writer.list();
  await bindCreated(run, writer, created, now);
  return { tree: await run.archive.tree(), listing: now, removals: plan.removals };
}

function tellPlanned(run: Pass, plan: MailboxPushPlan): void {
  const notes: Note[] = [
    ...plan.creates.map(({ spelled: { path } }) => planned("mailboxCreated", path, "would be made on the server")),
    ...plan.renames.map(({ from, to }) =>
      planned("mailboxRenamed", from, `would be renamed to ${showPath(to.path)} on the server`),
    ),
  ];
  run.tally.notes.push(...notes);
}

function planned(kind: Note["kind"], path: MailboxPath, what: string): Note {
  return { kind, mailbox: showPath(path), text: `${showPath(path)} ${what}.` };
}

/** B7: what the server refuses of one mailbox is told; anything wider goes up. Null: refused. */
async function tried<T>(run: Pass, mailbox: string, step: () => Promise<T>): Promise<T | null> {
  stopIfAsked(run);
  try {
    return await step();
  } catch (thrown) {
    const error = asMailError(thrown);
    if (error.scope !== "mailbox" && error.scope !== "message") throw error;
    if (error.retry === "now") run.tally.again = true;
    run.tally.notes.push({ kind: "mailboxFailed", mailbox, text: `${mailbox}: ${error.message}` });
    count(run.tally, mailbox, {});
    return null;
  }
}

function changed(
  base: MailboxBase,
  change: Partial<Pick<MailboxBase, "name" | "path" | "subscribed">>,
): Extract<BaseOp, { kind: "changeMailboxBase" }> {
  const { id: remoteMailboxId, name, path, objectId, role, subscribed, resting } = base;
  return { kind: "changeMailboxBase", remoteMailboxId, name, path, objectId, role, subscribed, resting, ...change };
}

/** S2: the new name is an intent until RENAME is answered; mailboxes below go along, on the server and in the base. */
async function rename(
  run: Pass,
  writer: RemoteWriter,
  tree: Tree,
  listing: readonly ListedMailbox[],
  { base, from, to }: RenameStep,
): Promise<void> {
  const name = writer.spell(from).name;
  const listed = listing.find((one) => one.name === base.name);
  if (listed === undefined) return;
  const moved = tree.bases.filter((one) => one === base || startsWith(one.path, base.path));
  const places = moved.map((one) => {
    const path = [...to.path, ...one.path.slice(base.path.length)];
    return { base: one, path, name: one === base ? to.name : writer.spell(path).name };
  });
  const intents = places.map((one): BaseOp => ({ kind: "renaming", remoteMailboxId: one.base.id, to: one.name }));
  await commit(run, { archive: [], base: intents });
  await writer.rename({ ...listed, name, path: from }, to.name);
  const done = places.flatMap((one): BaseOp[] => [
    changed(one.base, { name: one.name, path: one.path }),
    { kind: "renaming", remoteMailboxId: one.base.id, to: null },
  ]);
  await commit(run, { archive: [], base: done });
  const text = `${showPath(from)} was renamed to ${showPath(to.path)} on the server.`;
  run.tally.notes.push({ kind: "mailboxRenamed", mailbox: showPath(to.path), text });
}

const startsWith = (path: MailboxPath, above: MailboxPath): boolean =>
  path.length > above.length && samePath(path.slice(0, above.length), above);

/** B1: the base takes what LIST shows; CREATE may or may not have subscribed. */
async function bindCreated(
  run: Pass,
  writer: RemoteWriter,
  created: readonly CreateStep[],
  listing: readonly ListedMailbox[],
): Promise<void> {
  for (const { mailbox, spelled } of created) {
    const listed = listing.find((one) => one.name === spelled.name && one.selectable);
    const shown = showPath(spelled.path);
    if (listed === undefined) {
      const text = `${shown}: the server said that it was made, and does not list it. The next run tries again.`;
      run.tally.notes.push({ kind: "mailboxFailed", mailbox: shown, text });
      continue;
    }
    const differs = listed.subscribed !== mailbox.subscribed;
    if (differs) await tried(run, shown, () => writer.subscribe(listed, mailbox.subscribed));
    const { name, path, mailboxId: objectId, role, status } = listed;
    const bind: BaseOp = {
      kind: "bindMailbox",
      archivePath: mailbox.path,
      name,
      path,
      objectId,
      role,
      subscribed: mailbox.subscribed,
      uidValidity: status?.uidValidity ?? null,
    };
    await commit(run, { archive: [], base: [bind] });
    run.tally.notes.push({ kind: "mailboxCreated", mailbox: shown, text: `${shown} was made on the server.` });
  }
}

/** B5: DELETE only when nothing is left in it, children first; what is left of it stays. Gives the rows that went. */
export async function removeMailboxes(
  run: Pass,
  writer: RemoteWriter,
  { removals, listing }: PushedMailboxes,
): Promise<ReadonlySet<RemoteMailboxId>> {
  const dropped = new Set<RemoteMailboxId>();
  for (const base of removals) {
    const listed = listing.find((one) => one.name === base.name);
    if (listed === undefined) continue;
    const mailbox = showPath(base.path);
    if (run.dryRun) {
      run.tally.notes.push(planned("mailboxRemoved", base.path, "would be removed on the server"));
      continue;
    }
    await tried(run, mailbox, async () => {
      if (!(await writer.remove(listed))) {
        const text = `${mailbox} was removed in the archive, but still holds messages on the server: it stays there.`;
        run.tally.notes.push({ kind: "warning", mailbox, text });
        return;
      }
      await commit(run, { archive: [], base: [{ kind: "dropMailboxBase", remoteMailboxId: base.id }] });
      dropped.add(base.id);
      const text = `${mailbox} was removed on the server.`;
      run.tally.notes.push({ kind: "mailboxRemoved", mailbox, text });
    });
  }
  return dropped;
}
