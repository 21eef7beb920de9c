// An archive with some mail in it, made through the port as a run would: what the tests of reading, verifying and forgetting start from.
import {
  type BaseIdentity,
  type Body,
  digestsOf,
  type MailboxId,
  type RemoteMailboxId,
  type Revision,
  type Uid,
} from "@packetboat/core";
import { type OpenedArchive, openScratchArchive } from "./open-archive.ts";

export function bodyOf(text: string | Buffer, internalDate: number | null = Date.UTC(2024, 0, 1)): Body {
  const bytes = typeof text === "string" ? Buffer.from(`Subject: ${text}\r\n\r\nBody of ${text}.\r\n`) : text;
  return {
    kind: "message",
    uid: 1 as Uid,
    flags: [],
    modseq: null,
    internalDate,
    emailId: null,
    bytes,
    digests: digestsOf(bytes),
  };
}

export interface Paired {
  readonly mailboxId: MailboxId;
  readonly remote: RemoteMailboxId;
}

export async function pair({ archive }: Pick<OpenedArchive, "archive">, path: readonly string[]): Promise<Paired> {
  const name = path.join("/");
  await archive.commit({
    archive: [{ kind: "createMailbox", path, role: null, subscribed: false }],
    base: [
      {
        kind: "bindMailbox",
        archivePath: path,
        name,
        path,
        objectId: null,
        role: null,
        subscribed: false,
        uidValidity: 7n,
      },
    ],
  });
  const base = (await archive.tree()).bases.find((one) => one.name === name);
  if (base === undefined) throw new Error(`no base of ${name}`);
  return { mailboxId: base.mailboxId, remote: base.id };
}

/** Adds messages under UIDs from `first`, in one commit, and gives their base rows. */
export async function add(
  { archive }: Pick<OpenedArchive, "archive">,
  mailbox: Paired,
  bodies: readonly Body[],
  first = 1,
  flags: readonly string[] = [],
): Promise<readonly BaseIdentity[]> {
  await archive.storeBodies(bodies);
  await archive.commit({
    archive: bodies.map(({ digests, internalDate }, i) => ({
      kind: "addMessage",
      mailboxId: mailbox.mailboxId,
      sha256: digests.sha256,
      internalDate,
      flags,
      binding: { remoteMailboxId: mailbox.remote, uid: (first + i) as Uid, flags, modseq: null, emailId: null },
    })),
    base: [],
  });
  return rows({ archive }, mailbox, first, first + bodies.length - 1);
}

export async function rows(
  { archive }: Pick<OpenedArchive, "archive">,
  mailbox: Paired,
  from = 1,
  to = 4_294_967_295,
): Promise<readonly BaseIdentity[]> {
  const all: BaseIdentity[] = [];
  for await (const page of archive.identities(mailbox.remote, [[from, to]])) all.push(...page);
  return all;
}

export const sinceOf = (row: BaseIdentity): Revision => {
  if (row.archive === null) throw new Error("the message is tombstoned");
  return row.archive.since;
};

export interface Stocked extends OpenedArchive {
  readonly inbox: Paired;
  readonly work: Paired;
}

/**
 * Revision 1, 2: INBOX and Work. 3: one, two, three into INBOX. 4: one flagged. 5: two moved to Work. 6: three removed.
 * 7: Work is called Archive/Work. 8: four into INBOX. Made at 1,000 times the revision in milliseconds.
 */
export async function stockedArchive(): Promise<Stocked> {
  let revision = 0;
  const opened = await openScratchArchive(() => (revision + 1) * 1_000);
  const step = async <T>(work: Promise<T>): Promise<T> => {
    const done = await work;
    revision++;
    return done;
  };
  const inbox = await step(pair(opened, ["INBOX"]));
  const work = await step(pair(opened, ["Work"]));
  const [one, two, three] = await step(
    add(
      opened,
      inbox,
      ["one", "two", "three"].map((text) => bodyOf(text)),
    ),
  );
  if (one === undefined || two === undefined || three === undefined) throw new Error("not added");
  const { archive } = opened;
  const commit = async (batch: Partial<Parameters<typeof archive.commit>[0]>) =>
    step(archive.commit({ archive: batch.archive ?? [], base: batch.base ?? [] }));
  await commit({ archive: [{ kind: "setFlags", messageId: one.messageId, since: sinceOf(one), flags: ["\\Seen"] }] });
  await commit({
    archive: [
      {
        kind: "moveMessage",
        messageId: two.messageId,
        since: sinceOf(two),
        mailboxId: work.mailboxId,
        flags: ["\\Flagged"],
      },
    ],
  });
  await commit({
    archive: [{ kind: "removeMessage", messageId: three.messageId, since: sinceOf(three) }],
    base: [{ kind: "unbind", remoteMailboxId: inbox.remote, uids: [[3, 3]] }],
  });
  await commit({
    archive: [
      { kind: "changeMailbox", mailboxId: work.mailboxId, path: ["Archive", "Work"], role: null, subscribed: true },
    ],
  });
  await step(add(opened, inbox, [bodyOf("four", Date.UTC(2020, 0, 1))], 4));
  return { ...opened, inbox, work };
}

/**
 * So many more messages into INBOX, under UIDs from 100 on. Straight into the tables: through the port it would take ten times as long,
 * and the plans would be the same.
 */
export async function fill({ pool, link, inbox }: Stocked, messages: number): Promise<void> {
  await pool.query(
    `insert into blob (key_space, sha256, size, codec, bytes)
      select 1, sha256(n::text::bytea), 100, 0, n::text::bytea from generate_series(1, $1::int) n`,
    [messages],
  );
  await pool.query("insert into message (archive_id, blob_id) select $1, id from blob where size = 100", [
    link.archiveId,
  ]);
  await pool.query(
    `insert into message_version (message_id, mailbox_id, flags, from_revision)
      select id, $1, '{}', 3 + id % 5 from message m where not exists (select from message_version where message_id = m.id)`,
    [inbox.mailboxId],
  );
  await pool.query(
    `insert into placement (remote_mailbox_id, uid, message_id, flags, email_id)
      select $1, 100 + id, id, '{}', 'E' || id from message m where not exists (select from placement where message_id = m.id)
        and exists (select from message_version where message_id = m.id and mailbox_id = $2)`,
    [inbox.remote, inbox.mailboxId],
  );
}
