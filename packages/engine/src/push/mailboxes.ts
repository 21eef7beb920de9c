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
  MailError,
  type Note,
  pathKey,
  planMailboxPush,
  planMeetings,
  type RemoteMailboxId,
  type RemoteWriter,
  type RenameStep,
  samePath,
  showPath,
  type Tree,
  type Uid,
} from "@packetboat/core";
import { commit, type Pass, stopIfAsked } from "../context.ts";
import { count } from "../tally.ts";

/** The two sides after the mailboxes are settled, with what waits for its messages to be removed. */
export interface PushedMailboxes {
  readonly tree: Tree;
  readonly listing: readonly ListedMailbox[];
  readonly removals: readonly MailboxBase[];
  /** Those whose new name did not get through: the rename is to be planned again. */
  readonly unfinished: ReadonlySet<RemoteMailboxId>;
}

/** Makes the server's mailboxes those of the archive, but for removals. `listing`: what LIST showed in this run. */
export async function pushMailboxes(
  run: Pass,
  writer: RemoteWriter,
  listing: readonly ListedMailbox[],
): Promise<PushedMailboxes> {
  const tree = await treeWithMeetings(run, listing);
  const plan = planMailboxPush(run.link, tree, listing, (path) => writer.spell(path));
  run.tally.notes.push(...plan.notes);
  const steps = plan.creates.length + plan.renames.length + plan.subscriptions.length;
  if (steps === 0 || run.dryRun) {
    if (run.dryRun) tellPlanned(run, plan);
    return { tree, listing, removals: plan.removals, unfinished: new Set() };
  }
  const known: Known = { run, writer, bases: new Map(tree.bases.map((base) => [base.id, base])) };
  const unfinished = new Set<RemoteMailboxId>();
  for (const step of plan.renames) {
    const done = await tried(run, showPath(step.to.path), () => rename(known, step));
    // What would have gone along has not moved either.
    if (done === null) for (const { id } of withBelow(known, step.base)) unfinished.add(id);
  }
  const created: CreateStep[] = [];
  for (const step of plan.creates) {
    const done = await tried(run, showPath(step.spelled.path), () => writer.create(step.spelled.name));
    if (done !== null) created.push(step);
  }
  for (const { base, subscribed } of plan.subscriptions)
    await tried(run, showPath(base.path), () => subscribe(known, base.id, subscribed));
  const now = await writer.list();
  await bindCreated(run, writer, created, now, [...known.bases.values()]);
  const removals = plan.removals.map((base) => known.bases.get(base.id) ?? base);
  return { tree: await run.archive.tree(), listing: now, removals, unfinished };
}

/** What the archive got since this link was looked at is paired first: else a mailbox that the server has would be made a second time. */
async function treeWithMeetings(run: Pass, listing: readonly ListedMailbox[]): Promise<Tree> {
  const tree = await run.archive.tree();
  const base = planMeetings(run.link, tree, listing);
  if (base.length === 0) return tree;
  if (!run.dryRun) {
    await commit(run, { archive: [], base });
    return run.archive.tree();
  }
  const met = new Set(base.map((op) => (op.kind === "bindMailbox" ? pathKey(op.archivePath) : "")));
  return { ...tree, mailboxes: tree.mailboxes.filter(({ path }) => !met.has(pathKey(path))) };
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

/** What the steps of one push work on; `bases` as they are after the steps so far. */
interface Known {
  readonly run: Pass;
  readonly writer: RemoteWriter;
  readonly bases: Map<RemoteMailboxId, MailboxBase>;
}

/** The op that changes a base row, which the later steps then start from. */
function changed(
  { bases }: Known,
  before: MailboxBase,
  change: Partial<Pick<MailboxBase, "name" | "path" | "subscribed">>,
): BaseOp {
  const base = { ...(bases.get(before.id) ?? before), ...change };
  bases.set(base.id, base);
  const { id: remoteMailboxId, name, path, objectId, role, subscribed, resting } = base;
  return { kind: "changeMailboxBase", remoteMailboxId, name, path, objectId, role, subscribed, resting };
}

/** A mailbox of the base in the shape that the server is told by; only its name counts. */
function shapeOf({ name, path, subscribed, role, objectId, marks }: MailboxBase): ListedMailbox {
  const place = { name, path, selectable: true, subscribed, role, namespace: "personal" as const, virtual: false };
  return { ...place, mailboxId: objectId, status: marks };
}

async function subscribe(known: Known, id: RemoteMailboxId, subscribed: boolean): Promise<true> {
  const base = known.bases.get(id);
  if (base === undefined) throw mailboxGone();
  await known.writer.subscribe(shapeOf(base), subscribed);
  await commit(known.run, { archive: [], base: [changed(known, base, { subscribed })] });
  known.run.tally.mailboxesThere++;
  return true;
}

/**
 * S2: the new name is an intent until all is done; mailboxes below go along, on the server and in the base. A subscription stays with the
 * old name on most servers (RFC 9051, 6.3.6): it is taken away before RENAME, while the intent still says why, and given to the new name
 * after it. Killed in between, the next run finds a mailbox that is not subscribed, and subscribes it.
 */
async function rename(known: Known, { base: planned, to }: RenameStep): Promise<true> {
  const { run, writer, bases } = known;
  const base = bases.get(planned.id) ?? planned;
  const places = withBelow(known, base).map((one) => {
    const path = [...to.path, ...one.path.slice(base.path.length)];
    return { one, path, name: one.id === base.id ? to.name : writer.spell(path).name };
  });
  // A step that came to nothing before this one left the name to its mailbox; or a rename there is not taken over yet.
  const moving = new Set(places.map(({ one }) => one.id));
  const held = new Set([...bases.values()].filter((one) => !moving.has(one.id)).map(({ name }) => name));
  if (places.some(({ name }) => held.has(name))) throw nameHeld();
  const intents = places.map(({ one, name }): BaseOp => ({ kind: "renaming", remoteMailboxId: one.id, to: name }));
  await commit(run, { archive: [], base: intents });
  const subscribed = places.filter(({ one }) => one.subscribed);
  const subscribeOld = async (wanted: boolean): Promise<void> => {
    for (const { one } of subscribed)
      await tried(run, showPath(one.path), () => writer.subscribe(shapeOf(one), wanted));
  };
  await subscribeOld(false);
  try {
    await writer.rename(shapeOf(base), to.name);
  } catch (thrown) {
    if (asMailError(thrown).scope === "mailbox") await subscribeOld(true);
    throw thrown;
  }
  const done: BaseOp[] = [];
  for (const { one, path, name } of places) {
    const renamed = { ...one, name, path };
    if (one.subscribed) {
      const kept = await tried(run, showPath(path), () => writer.subscribe(shapeOf(renamed), true));
      if (kept === null) renamed.subscribed = false; // tried again by the next push
    }
    done.push(changed(known, one, renamed));
    done.push({ kind: "renaming", remoteMailboxId: one.id, to: null });
  }
  await commit(run, { archive: [], base: done });
  run.tally.mailboxesThere++;
  const text = `${showPath(base.path)} was renamed to ${showPath(to.path)} on the server.`;
  run.tally.notes.push({ kind: "mailboxRenamed", mailbox: showPath(to.path), text });
  return true;
}

/** A mailbox and all that a RENAME of it takes along. */
function withBelow({ bases }: Known, top: MailboxBase): readonly MailboxBase[] {
  const base = bases.get(top.id) ?? top;
  return [...bases.values()].filter((one) => one.id === base.id || startsWith(one.path, base.path));
}

const startsWith = (path: MailboxPath, above: MailboxPath): boolean =>
  path.length > above.length && samePath(path.slice(0, above.length), above);

function nameHeld(): MailError {
  return new MailError("OP_REFUSED", "Another mailbox has this name still; the next run tries again.");
}

function mailboxGone(): MailError {
  return new MailError("MAILBOX_GONE", "The mailbox is not on the server any more; the next run looks again.");
}

/** B1: the base takes what LIST shows; CREATE may or may not have subscribed. */
async function bindCreated(
  run: Pass,
  writer: RemoteWriter,
  created: readonly CreateStep[],
  listing: readonly ListedMailbox[],
  known: readonly MailboxBase[],
): Promise<void> {
  const names = new Set(known.map(({ name }) => name));
  for (const { mailbox, spelled } of created) {
    const listed = listing.find((one) => one.name === spelled.name && one.selectable);
    const shown = showPath(spelled.path);
    if (listed !== undefined && names.has(listed.name)) {
      const text = `${shown}: another mailbox has this name on the server still. The next run tries again.`;
      run.tally.notes.push({ kind: "mailboxFailed", mailbox: shown, text });
      continue;
    }
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
    run.tally.mailboxesThere++;
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
  if (removals.length === 0) return dropped;
  // S2: something that was sent there, and is not answered, may be in it.
  const unanswered = new Set((await run.archive.intents()).map((intent) => intent.remoteMailboxId));
  for (const base of removals) {
    const listed = listing.find((one) => one.name === base.name);
    if (listed === undefined || unanswered.has(base.id)) continue;
    const mailbox = showPath(base.path);
    if (run.dryRun) {
      run.tally.notes.push(planned("mailboxRemoved", base.path, "would be removed on the server"));
      continue;
    }
    // What is left of it in the base was not removed: a mailbox of that name that is gone may be elsewhere, under another.
    if ((await run.archive.known(base.id, 1 as Uid)).bound.length > 0) continue;
    await tried(run, mailbox, async () => {
      if (!(await writer.remove(listed))) {
        const text = `${mailbox} was removed in the archive, but still holds messages on the server: it stays there.`;
        run.tally.notes.push({ kind: "warning", mailbox, text });
        return;
      }
      await commit(run, { archive: [], base: [{ kind: "dropMailboxBase", remoteMailboxId: base.id }] });
      dropped.add(base.id);
      run.tally.mailboxesThere++;
      const text = `${mailbox} was removed on the server.`;
      run.tally.notes.push({ kind: "mailboxRemoved", mailbox, text });
    });
  }
  return dropped;
}
