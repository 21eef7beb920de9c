// Archives with mail for the screens: what somebody's mail looks like, brought in as an import would, and indexed; and mailboxes of any size.
import { ensureArchive, type NewContent, nextToIndex, openImport, readBodies, storeIndexed } from "@packetboat/archive";
import { type ArchiveId, digestsOf, type MailboxId, pathKey, type Role } from "@packetboat/core";
import { openReader } from "@packetboat/index";
import type { Served } from "../served.ts";

const DAY_MS = 86_400_000;

export interface Letter {
  readonly box: string;
  readonly from: string;
  readonly to?: string;
  readonly subject: string;
  readonly text: string;
  readonly flags?: readonly string[];
  /** The name of something that hangs on it. */
  readonly file?: string;
  readonly daysAgo: number;
}

const BOXES: readonly (readonly [string, Role | null])[] = [
  ["INBOX", null],
  ["Drafts", "drafts"],
  ["Sent", "sent"],
  ["Travel", null],
  ["Travel/Bookings", null],
  ["Work", null],
];

const LETTERS: readonly Letter[] = [
  {
    box: "INBOX",
    from: "Ann Miller <ann@example.com>",
    subject: "Lunch on Friday?",
    text: "Shall we meet at the harbour at one?\nThe fish place has a table.",
    daysAgo: 0,
    flags: [],
  },
  {
    box: "INBOX",
    from: "City Library <loans@library.example>",
    subject: "Two books are due next week",
    text: "The Sea Around Us\nOn Growth and Form",
    daysAgo: 1,
    flags: [],
  },
  {
    box: "INBOX",
    from: "Bob Ikeda <bob@example.org>",
    subject: "Invoice 2026-117",
    text: "Please find the invoice attached.",
    file: "invoice-117.pdf",
    daysAgo: 2,
    flags: ["\\Seen", "\\Flagged"],
  },
  {
    box: "INBOX",
    from: "=?utf-8?q?Zo=C3=AB_M=C3=BCller?= <zoe@example.net>",
    subject: "=?utf-8?q?Gr=C3=BC=C3=9Fe_aus_Oslo?=",
    text: "Es schneit.",
    daysAgo: 3,
    flags: ["\\Seen", "\\Answered"],
  },
  {
    box: "INBOX",
    from: "Harbour Festival <news@festival.example>",
    subject:
      "<b>Programme</b> & tickets, all nights, a subject that goes on for longer than any list is wide enough to show it in full",
    text: "See you there.",
    daysAgo: 9,
    flags: ["\\Seen"],
  },
  {
    box: "INBOX",
    from: "Carla Núñez <carla@example.com>",
    subject: "",
    text: "No subject, sorry.",
    daysAgo: 40,
    flags: ["\\Seen"],
  },
  {
    box: "Sent",
    from: "me@example.com",
    to: "Ann Miller <ann@example.com>",
    subject: "Re: Lunch on Friday?",
    text: "Yes!",
    daysAgo: 0,
    flags: ["\\Seen"],
  },
  {
    box: "Travel",
    from: "Railway <tickets@rail.example>",
    subject: "Your ticket to Bergen",
    text: "Coach 4, seat 61.",
    file: "ticket.pdf",
    daysAgo: 200,
    flags: ["\\Seen"],
  },
  {
    box: "Travel/Bookings",
    from: "Hotel Nord <stay@nord.example>",
    subject: "Booking confirmed",
    text: "Three nights.",
    daysAgo: 201,
    flags: ["\\Seen"],
  },
  {
    box: "Work",
    from: "Dai Evans <dai@example.com>",
    subject: "Minutes of the meeting",
    text: "We agreed on the blue one.",
    daysAgo: 400,
    flags: ["\\Seen"],
  },
];

/** A message as it was sent. */
function bytesOf({ from, to = "me@example.com", subject, text, file, daysAgo }: Letter, now: number): Buffer {
  const head = [
    `From: ${from}`,
    `To: ${to}`,
    `Subject: ${subject}`,
    `Date: ${new Date(now - daysAgo * DAY_MS).toUTCString()}`,
  ];
  const plain = ["Content-Type: text/plain; charset=utf-8", "", text.replaceAll("\n", "\r\n")];
  if (file === undefined) return Buffer.from([...head, "MIME-Version: 1.0", ...plain, ""].join("\r\n"));
  const parts = [
    ["--edge", ...plain],
    [
      "--edge",
      `Content-Type: application/pdf; name="${file}"`,
      `Content-Disposition: attachment; filename="${file}"`,
      "",
      "%PDF-1.4",
      "--edge--",
      "",
    ],
  ];
  return Buffer.from(
    [...head, "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="edge"', "", ...parts.flat()].join("\r\n"),
  );
}

export interface MailStock {
  readonly id: ArchiveId;
  readonly mailboxes: ReadonlyMap<string, MailboxId>;
}

/** An archive with these letters in their mailboxes: a revision for each of them, in their order. */
export async function mailStock(api: Served, name: string, letters: readonly Letter[] = LETTERS): Promise<MailStock> {
  const { pool } = api.scratch;
  const { id } = await ensureArchive(pool, name);
  const writer = await openImport(pool, id, () => api.clock.now);
  const ids = await writer.mailboxes(BOXES.map(([path, role]) => ({ path: path.split("/"), role, subscribed: true })));
  const mailboxes = new Map(BOXES.map(([path]) => [path, ids.get(pathKey(path.split("/"))) as MailboxId]));
  for (const letter of letters) {
    const bytes = bytesOf(letter, api.clock.now);
    const mailboxId = mailboxes.get(letter.box) as MailboxId;
    const internalDate = api.clock.now - letter.daysAgo * DAY_MS;
    await writer.add([
      { mailboxId, bytes, digests: digestsOf(bytes), ordinal: 1, flags: letter.flags ?? ["\\Seen"], internalDate },
    ]);
  }
  return { id, mailboxes };
}

/** Makes the first thousand messages of an archive findable. */
export async function indexAll({ scratch: { pool } }: Served, archiveId: ArchiveId): Promise<void> {
  await using reader = openReader({ threads: 1 });
  const batch = await nextToIndex(pool, archiveId, 1_000);
  const blobs = new Map(batch.unread.map(({ messageId, blobId }) => [messageId, blobId]));
  const contents: NewContent[] = [];
  for await (const { messageId, chunks } of readBodies(pool, archiveId, [...blobs.keys()])) {
    const all: Buffer[] = [];
    for await (const chunk of chunks) all.push(chunk);
    contents.push({ blobId: blobs.get(messageId) as bigint, content: await reader.read(Buffer.concat(all)) });
  }
  await storeIndexed(pool, batch, contents);
}

/** How many different ones fillMailbox makes: message N says that it is number N, or N less a multiple of this. */
export const DIFFERENT = 1_000;

/** Puts so many messages into a mailbox straight, a minute after each other: an import would take too long. */
export async function fillMailbox(
  { scratch: { pool } }: Served,
  { id, mailboxes }: MailStock,
  box: string,
  messages: number,
): Promise<void> {
  await pool.query(
    `with written as (
      insert into blob (key_space, sha256, size, codec, bytes)
        select 1, sha256(text), length(text), 0, text from generate_series(1, $4::int) n
        cross join lateral (select convert_to(E'From: W <w@example.com>\\r\\nSubject: Message ' || n || E'\\r\\n\\r\\nText.\\r\\n', 'UTF8')) t(text)
        order by n returning id
    ), numbered as (select id, row_number() over (order by id) as n from written
    ), made as (
      insert into message (archive_id, blob_id, internal_date)
        select $1, numbered.id, timestamptz '2020-01-01Z' + i * interval '1 minute'
        from generate_series(1, $3::int) i join numbered on numbered.n = (i - 1) % $4 + 1 order by i returning id
    )
    insert into message_version (message_id, mailbox_id, flags, from_revision)
      select id, $2, array['\\Seen'], (select revision from archive where id = $1) from made`,
    [id, mailboxes.get(box), messages, DIFFERENT],
  );
  await pool.query("analyze message, message_version, blob");
}
