// Deterministic mail for tests and benches: sizes, structures, flags and dates as real mailboxes have them, the same bytes for
// the same seed. No message is \Deleted, because some peers expunge such messages at the source and would not be comparable.
import { type Random, seeded } from "./random.ts";

export interface GeneratedMessage {
  /** Mailbox name with "/" as separator. */
  readonly mailbox: string;
  /** Number in the whole set, from 0. */
  readonly index: number;
  /** CRLF line ends, as a server hands it out. */
  readonly bytes: Buffer;
  /** IMAP flags and keywords. */
  readonly flags: readonly string[];
  readonly internalDate: Date;
}

export interface MailProfile {
  readonly messages: number;
  /** Log-normal sizes in bytes: median, deviation of the logarithm, and the largest. */
  readonly median: number;
  readonly sigma: number;
  readonly largest: number;
  /** Mailboxes with their share of the messages. */
  readonly mailboxes: readonly (readonly [name: string, weight: number])[];
}

/** The sets the benches speak of. small10k: about 250 MB, as people have it; big100k: many small ones; tiny: for tests. */
export const PROFILES = {
  small10k: {
    messages: 10_000,
    median: 6_000,
    sigma: 1.689,
    largest: 2_000_000,
    mailboxes: [
      ["INBOX", 40],
      ["Archive", 12],
      ["Archive/2024", 10],
      ["Archive/2025", 10],
      ["Sent", 10],
      ["Drafts", 0.5],
      ["Trash", 3],
      ["Work", 5],
      ["Work/Projects", 5],
      ["Reçus & café", 1.5],
      ["Lists", 3],
    ],
  },
  big100k: {
    messages: 100_000,
    median: 1_900,
    sigma: 0.3,
    largest: 8_000,
    mailboxes: Array.from({ length: 20 }, (_, i) => [i === 0 ? "INBOX" : `F${String(i).padStart(2, "0")}`, 5] as const),
  },
  tiny: {
    messages: 500,
    median: 6_000,
    sigma: 1.689,
    largest: 2_000_000,
    mailboxes: [
      ["INBOX", 50],
      ["Sent", 25],
      ["Archive/2025", 25],
    ],
  },
} as const satisfies Record<string, MailProfile>;

const WORDS =
  "about account after again agenda all also amount and answer april as ask at attached back because been before best board book budget build but by call can change check client close code come contract copy could customer data date day deadline delivery design detail do document done draft early email end every file find first follow for forward friday from get give good group had has have hear help here hope hotel how if in invoice is issue it item just keep know last later let letter like line list look mail make many market may meet meeting message minute monday month more most move much name need new next no not note number of offer office on one only open or order other our out page paper part pay people phone place plan please point post price print project question read ready reply report request review right room same say schedule see send sent service set share should sign small so some soon start still such support take talk team test than thank that the their them then there these they thing think this time to today tomorrow train travel two up update us use very visit wait want was way we week well were what when where which who will wish with work would year yes you your".split(
    " ",
  ) as [string, ...string[]];
const FOREIGN = ["Grüße", "café", "Привет", "東京", "señor", "Škoda", "œuvre", "你好", "Ελλάδα", "naïve"] as const;
const NAMES = [
  "Ada",
  "Bob",
  "Chen",
  "Dara",
  "Eve",
  "Femi",
  "Hana",
  "Ivo",
  "José",
  "Kim",
  "Léa",
  "Nina",
  "Omar",
  "Zoë",
] as const;
const HOSTS = ["example.com", "example.org", "mail.example.net", "lists.example.org"] as const;
const FIRST_DAY = Date.UTC(2019, 0, 1);
const LAST_DAY = Date.UTC(2025, 5, 1);
const BASE64_LINE = 57;
const POOL_LINES = 20_000;

/** Gives the messages of a profile one by one, in the order of their dates. The same profile and seed give the same bytes. */
export function* generateMail(profile: MailProfile, seed = 1): Generator<GeneratedMessage> {
  const random = seeded(seed);
  const pools = makePools(random);
  const weights = profile.mailboxes.reduce((sum, [, weight]) => sum + weight, 0);
  const recent: string[] = [];
  for (let index = 0; index < profile.messages; index += 1) {
    const mailbox = pickMailbox(profile, random.next() * weights);
    const wanted = Math.exp(Math.log(profile.median) + profile.sigma * random.normal());
    const size = Math.min(profile.largest, Math.max(400, wanted));
    const day = FIRST_DAY + ((LAST_DAY - FIRST_DAY) * index) / profile.messages;
    const internalDate = new Date(Math.floor((day + random.below(86_400_000)) / 1_000) * 1_000);
    const text = message({ random, pools, index, size, date: internalDate, recent });
    yield {
      mailbox,
      index,
      bytes: Buffer.from(text.replaceAll("\n", "\r\n")),
      flags: flagsOf(random, mailbox),
      internalDate,
    };
  }
}

function pickMailbox(profile: MailProfile, at: number): string {
  let left = at;
  for (const [name, weight] of profile.mailboxes) {
    left -= weight;
    if (left < 0) return name;
  }
  return profile.mailboxes[0]?.[0] ?? "INBOX";
}

function flagsOf(random: Random, mailbox: string): string[] {
  const flags = mailbox === "Drafts" ? ["\\Draft"] : [];
  if (random.chance(0.8)) flags.push("\\Seen");
  if (random.chance(0.2)) flags.push("\\Answered");
  if (random.chance(0.05)) flags.push("\\Flagged");
  if (random.chance(0.05)) flags.push("$Forwarded");
  if (random.chance(0.05)) flags.push("$Label1");
  if (random.chance(0.1)) flags.push("NonJunk");
  return flags;
}

/** Lines made once; messages take runs of them from random places, which is fast and makes every message differ. */
interface Pools {
  readonly base64: readonly string[];
  readonly text: readonly string[];
}

function makePools(random: Random): Pools {
  const raw = Buffer.alloc(POOL_LINES * BASE64_LINE);
  for (let at = 0; at + 4 <= raw.length; at += 4) raw.writeUInt32LE(random.u32(), at);
  const base64: string[] = [];
  for (let at = 0; at < raw.length; at += BASE64_LINE) base64.push(raw.toString("base64", at, at + BASE64_LINE));
  const text: string[] = [];
  for (let i = 0; i < POOL_LINES / 4; i += 1) {
    const kind = random.next();
    const line = `${sentence(random)} ${sentence(random)}`;
    text.push(kind < 0.1 ? "" : kind < 0.3 ? `> ${line.slice(0, 70)}` : line.slice(0, 76));
  }
  return { base64, text };
}

function sentence(random: Random): string {
  const words = Array.from({ length: 4 + random.below(10) }, () =>
    random.chance(0.01) ? random.pick(FOREIGN) : random.pick(WORDS),
  );
  const text = words.join(" ");
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}

function lines(random: Random, pool: readonly string[], bytes: number): string {
  const taken: string[] = [];
  let at = random.below(pool.length);
  for (let size = 0; size < bytes; at = (at + 1) % pool.length) {
    const line = pool[at] ?? "";
    taken.push(line);
    size += line.length + 2;
  }
  return `${taken.join("\n")}\n`;
}

/** RFC 2047 where it is needed. */
function header(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : `=?UTF-8?B?${Buffer.from(text).toString("base64")}?=`;
}

function mailboxAddress(random: Random): string {
  const name = random.pick(NAMES);
  const local = name
    .normalize("NFD")
    .replace(/[^A-Za-z]/g, "")
    .toLowerCase();
  return `${header(`${name} ${random.pick(NAMES)}son`)} <${local}${random.below(50)}@${random.pick(HOSTS)}>`;
}

interface Order {
  readonly random: Random;
  readonly pools: Pools;
  readonly index: number;
  readonly size: number;
  readonly date: Date;
  /** Message-IDs to answer to; the new one is added. */
  readonly recent: string[];
}

function headerLines({ random, pools, index, size, date, recent }: Order): string[] {
  const stamp = date.toUTCString().replace("GMT", "+0000");
  const head: string[] = [];
  if (size > 2_500 || random.chance(0.3)) {
    head.push(`Return-Path: <bounce-${random.hex(8)}@${random.pick(HOSTS)}>`);
    for (let hops = 1 + random.below(3); hops > 0; hops -= 1)
      head.push(
        `Received: from mx${random.below(9)}.${random.pick(HOSTS)} (mx.example.net [192.0.2.${random.below(255)}])\n\tby mx.example.com (Postfix) with ESMTPS id ${random.hex(12).toUpperCase()}\n\tfor <user@example.com>; ${stamp}`,
      );
    if (random.chance(0.6)) {
      const line = () => pools.base64[random.below(pools.base64.length)] ?? "";
      head.push(
        `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s1;\n\th=from:to:subject:date:message-id; bh=${line().slice(0, 44)};\n\tb=${line()}\n\t ${line()}\n\t ${line()}`,
      );
    }
  }
  const id = `<${random.hex(16)}.${index}@${random.pick(HOSTS)}>`;
  head.push(`Message-ID: ${id}`, `Date: ${stamp}`, `From: ${mailboxAddress(random)}`);
  head.push(`To: ${mailboxAddress(random)}${random.chance(0.2) ? `,\n ${mailboxAddress(random)}` : ""}`);
  const subject = header(`${random.chance(0.1) ? `${random.pick(FOREIGN)} ` : ""}${sentence(random).slice(0, 50)}`);
  const parent = random.chance(0.35) ? recent[random.below(recent.length)] : undefined;
  if (parent) head.push(`In-Reply-To: ${parent}`, `References: ${parent}`);
  head.push(`Subject: ${parent ? "Re: " : ""}${subject}`, "MIME-Version: 1.0");
  recent.push(id);
  if (recent.length > 200) recent.splice(0, 100);
  return head;
}

function message(order: Order): string {
  const { random, pools, index, size } = order;
  const head = headerLines(order);
  const left = Math.max(60, size - head.join("\n").length - 300);
  const plain = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n";
  if (size < 5_000) return `${head.join("\n")}\n${plain}\n${lines(random, pools.text, left + 200)}`;
  const boundary = `b_${random.hex(20)}`;
  const kind = size < 30_000 && random.chance(0.7) ? "alternative" : "mixed";
  const opening = `${head.join("\n")}\nContent-Type: multipart/${kind}; boundary="${boundary}"\n\n--${boundary}\n${plain}`;
  if (kind === "alternative") {
    const text = Math.min(left * 0.3, 4_000);
    const html = `<html><body><p>\n${lines(random, pools.text, left - text)}</p></body></html>\n`;
    const part = "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n";
    return `${opening}\n${lines(random, pools.text, text)}\n--${boundary}\n${part}\n${html}\n--${boundary}--\n`;
  }
  const text = Math.min(left * 0.2, 2_500);
  const part = `Content-Type: application/pdf; name="doc${index}.pdf"\nContent-Disposition: attachment; filename="doc${index}.pdf"\nContent-Transfer-Encoding: base64\n`;
  return `${opening}\n${lines(random, pools.text, text)}\n--${boundary}\n${part}\n${lines(random, pools.base64, left - text)}\n--${boundary}--\n`;
}
