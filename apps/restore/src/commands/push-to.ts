// restore push --to: mail into another account, by a link that only pushes and is kept; the ordinary push meets what the account holds
// already, so nothing is sent twice. It must never give the link a right to remove, nor change a link that somebody made for other ends.
import { createHash } from "node:crypto";
import {
  type ArchiveInfo,
  copySnapshot,
  createLink,
  findArchive,
  findLink,
  type LinkInfo,
  type Sendable,
  selectedMailboxesAt,
  sendableAt,
  type UndoSelection,
} from "@packetboat/archive";
import { type AccountId, type MailboxPath, MailError, samePath, showPath } from "@packetboat/core";
import { harmless, plural } from "@packetboat/terminal";
import type { Around } from "../around.ts";
import type { AccountWords, Destination, Ran } from "../host.ts";
import type { Resolved } from "../moment.ts";
import { bothPreviews, NOTHING_TO_SEND, type Preview, previewOf, previewWords } from "../preview.ts";
import { whenOf } from "../snapshot.ts";

/** Mail that is to be put into another account. */
export interface ToWish {
  readonly account: string;
  readonly at: Resolved;
  readonly selection: UndoSelection;
  /** What it is called in names and messages; null: everything. */
  readonly words: string | null;
  readonly below: MailboxPath;
  /** Everything as it is now, and whatever comes later: the archive itself is tied to the account, where that fills another. */
  readonly isLiving: boolean;
}

export interface PushedTo {
  readonly account: string;
  readonly dryRun: boolean;
  /** Null: the link is there already, and its own run says best what it has to do. */
  readonly preview: (Preview & { readonly appendLimit: number | null }) | null;
  /** Null: a dry run, and there is none yet. */
  readonly link: number | null;
  /** The archive that it is sent from. */
  readonly from: string | null;
  /** Null: a dry run, and there is no link yet. */
  readonly ran: Ran | null;
}

/** Names of archives are at most 200 characters. */
const MAX_NAME = 200;

/** Throws CONFIG_INVALID when the account is tied to the mail otherwise, as copySnapshot does, and INTERRUPTED. */
export async function pushTo(
  around: Around,
  wanted: ToWish,
  options: AccountWords & { readonly dryRun: boolean },
): Promise<PushedTo> {
  const { host, database, screen } = around;
  const { dryRun } = options;
  const destination = await host.destination(database, screen, wanted.account, options);
  try {
    const known = await linkFor(around, wanted, destination, true);
    // What a link that is there has to do, its own run says best: it knows what was sent before.
    const preview = known === null ? await lookFirst(around, wanted, destination, dryRun) : null;
    const link = dryRun ? known : (known ?? (await linkFor(around, wanted, destination, false)));
    const ran = link === null ? null : await destination.run(link);
    if (ran === null)
      screen.line(
        "What is there already is not sent again, and nothing is removed. Run it without --dry-run to begin.",
      );
    const { name: account } = destination;
    return { account, dryRun, preview, link: link?.id ?? null, from: link?.archive ?? null, ran };
  } finally {
    await destination.close();
  }
}

/** Counts what would be sent to an account that got nothing of this before, and says it. */
async function lookFirst(
  { screen, archive, database: { pool } }: Around,
  { at, selection, below, words }: ToWish,
  { name, look }: Destination,
  dryRun: boolean,
): Promise<Preview & { readonly appendLimit: number | null }> {
  const { revision } = at;
  const meant = await selectedMailboxesAt(pool, archive.id, revision, selection);
  const { appendLimit, holds } = await look();
  let preview = NOTHING_TO_SEND;
  for (const { id, path, role, messages } of meant) {
    if (messages === 0) continue;
    // B3: roles pair mailboxes at the root of the account only.
    const held = await holds([...below, ...path], below.length === 0 ? role : null);
    const all: Sendable[] = [];
    for await (const page of sendableAt(pool, id, revision, selection)) {
      if (held.length > 0) all.push(...page);
      else preview = bothPreviews(preview, previewOf(page, held, appendLimit));
    }
    preview = bothPreviews(preview, previewOf(all, held, appendLimit));
  }
  const place = below.length === 0 ? "" : `, below ${harmless(showPath(below))}`;
  const some = words === null ? "" : ` (${harmless(words)})`;
  const what = `${harmless(archive.name)} as of ${whenOf(at)}${some}`;
  const told = `${previewWords(preview, appendLimit)}, in ${plural(meant.length, "mailbox")}`;
  screen.line(`${dryRun ? "Would put" : "Putting"} ${what} into ${harmless(name)}${place}: ${told}.`);
  return { ...preview, appendLimit };
}

/** The link that carries it, found again or made. Null: a dry run of one that is not there yet. */
async function linkFor(
  around: Around,
  wanted: ToWish,
  destination: Destination,
  dryRun: boolean,
): Promise<LinkInfo | null> {
  const { archive, database } = around;
  const { pool } = database;
  const { id } = destination;
  if (id === null) return null;
  if (wanted.isLiving) {
    const own = await findLink(pool, id, archive.id);
    if (own === null) return dryRun ? null : await makeLink(around, archive, { ...destination, id }, wanted);
    if (own.rights.push) return refuseOther(own, wanted);
    // The account fills the archive: a link that pushes would make both equal, which nobody asked for.
  }
  const name = nameOf(archive, wanted);
  if (dryRun) {
    const there = await findArchive(pool, name);
    const link = there === null ? null : await findLink(pool, id, there.id);
    return link === null ? null : refuseOther(link, wanted);
  }
  const { revision } = wanted.at;
  const { now } = around.host;
  const copy = await copySnapshot(pool, { from: archive.id, revision, selection: wanted.selection, name, now });
  const link = await findLink(pool, id, copy.id);
  return link === null ? await makeLink(around, copy, { ...destination, id }, wanted) : refuseOther(link, wanted);
}

/** The same snapshot has the same name, so that a second run finds its link again. */
function nameOf(archive: ArchiveInfo, { words, at: { revision } }: ToWish): string {
  const plain = `${archive.name} at revision ${revision}`;
  const name = words === null ? plain : `${plain} (${words})`;
  if (name.length <= MAX_NAME && !/\p{Cc}/u.test(name)) return name;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 12);
  return `${archive.name.slice(0, MAX_NAME - 60)} at revision ${revision} (${digest})`;
}

async function makeLink(
  { database, screen }: Around,
  archive: ArchiveInfo,
  { id, name }: { readonly id: AccountId; readonly name: string },
  { below }: ToWish,
): Promise<LinkInfo> {
  const link = await createLink(database.pool, {
    accountId: id,
    archiveId: archive.id,
    rights: { pull: false, push: true },
    policy: { removals: "never", below },
  });
  screen.line(
    `Link ${link.id} puts ${harmless(archive.name)} into ${harmless(name)}; it is kept, and removes nothing there.`,
  );
  return link;
}

/** Gives the link back where it is the one that would be made. */
function refuseOther(link: LinkInfo, { below }: ToWish): LinkInfo {
  if (link.rights.pull) {
    throw new MailError(
      "CONFIG_INVALID",
      `${link.account} is kept equal to ${link.archive} by link ${link.id}: packetboat sync ${link.archive}. To bring an earlier state back, use --in-place.`,
    );
  }
  if (!samePath(link.policy.below, below)) {
    const place = link.policy.below.length === 0 ? "at its root" : `below ${showPath(link.policy.below)}`;
    throw new MailError(
      "CONFIG_INVALID",
      `Link ${link.id} puts ${link.archive} into ${link.account} already, ${place}. Give the same --mailbox-prefix, or take the link away first: packetboat link remove ${link.id}.`,
    );
  }
  return link;
}
