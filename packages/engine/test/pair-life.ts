// What people have and do in a pair of accounts: the corpus, part of it on either side, part on both, in mailboxes with odd names; then
// changes of every kind on both sides. Each message has an instant of its own, by which it is known on both ends.
import { canonicalForm, type MailboxPath, samePath, showPath } from "@packetboat/core";
import { type CorpusMessage, corpusMessages, quoted, toWireName } from "@packetboat/testkit";
import { letter, sha256 } from "./nightly.ts";
import { append, dateText, type End, type Seen, type SeenMailbox } from "./pairs.ts";

const FIRST = Date.UTC(2001, 0, 1);
const STEP = 7_000_000;
const FLAGS = [
  [],
  ["\\Seen"],
  ["\\Seen", "$Label1"],
  ["\\Flagged", "\\Answered", "NonJunk"],
  ["\\Deleted", "\\Draft"],
  ["$Work", "\\Seen"],
];

/** Names that either side has of its own. */
const ODD = [
  "Entwürfe ✓",
  "日本語",
  "e\u0301",
  " lead",
  "trail ",
  "in  side",
  "x'y",
  "star*",
  "&amp",
  "#hash",
  "(paren)",
  "UPPER",
  "upper",
];

/** For the changes of mailboxes: renamed, with what is below it, and removed, by the first side and by the second. */
const OWN: readonly MailboxPath[] = [
  ["Old A"],
  ["Old B"],
  ["Tree A"],
  ["Tree A", "leaf"],
  ["Tree B"],
  ["Tree B", "leaf"],
  ["Gone A"],
  ["Gone B"],
  ["Wanted"],
  ["Unwanted"],
];

/** What a pair is loaded with in every run: each third message, and all that a server alters or a guard holds. A soak takes everything. */
function isTaken(name: string, n: number, named: ReadonlySet<string>): boolean {
  const isAlways = /^(made|rspamd)\//.test(name) || named.has(name);
  return process.env.PACKETBOAT_SOAK !== undefined || isAlways || n % 3 === 0;
}

const pathOf = ({ name }: CorpusMessage): MailboxPath => name.split("/").slice(0, -1).slice(0, 2);

async function make(end: End, path: MailboxPath): Promise<void> {
  for (let depth = 1; depth <= path.length; depth++)
    await end.hands.command(`CREATE ${quoted(toWireName(end.nameOf(path.slice(0, depth))))}`);
}

/**
 * Loads both ends; a third of the corpus is on both, with other flags. `odd`: names that only the first has, because the second cannot.
 * `differs`: names of messages that have to be among them. Gives the names of messages by their instant.
 */
export async function load(
  ends: readonly [End, End],
  odd: readonly string[],
  differs: ReadonlySet<string>,
): Promise<ReadonlyMap<number, string>> {
  const named = new Map<number, string>();
  const corpus: CorpusMessage[] = [];
  for await (const message of corpusMessages({ mboxes: true })) corpus.push(message);
  const paths = new Map(corpus.map((message) => [showPath(pathOf(message)), pathOf(message)]));
  let next = FIRST + corpus.length * STEP;
  const put = async (end: End, path: MailboxPath, name: string, flags: readonly string[]): Promise<void> => {
    const at = next;
    next += STEP;
    named.set(at, name);
    await append(end, path, { name, bytes: letter(name) }, at, flags);
  };
  for (const [i, end] of ends.entries()) {
    const mine = i === 0 ? [...ODD, ...odd] : ODD;
    for (const path of [...paths.values(), ...mine.map((name) => [`${name} ${end.name}`])]) await make(end, path);
    for (const name of mine)
      await put(end, [`${name} ${end.name}`], `${sha256(Buffer.from(name)).slice(0, 8)} ${end.name}`, ["$Odd"]);
    // Of these each side has some, and both have the names.
    for (const [n, path] of OWN.entries()) {
      await make(end, path);
      await put(end, path, `${showPath(path)} ${end.name}`, FLAGS[n % FLAGS.length] ?? []);
      await end.hands.subscribe(end.nameOf(path), !path[0]?.startsWith("Wanted"));
    }
    await put(end, ["INBOX"], `inbox ${end.name}`, ["\\Seen"]);
  }
  const instants = new Map<string, number>();
  for (const [n, message] of corpus.entries()) {
    if (!isTaken(message.name, n, differs)) continue;
    // The same text in two files is one message for every client: matched, and then its date is that of whoever came first (C2).
    const key = message.name.startsWith("made/eol-") ? "eol" : sha256(canonicalForm(message.bytes));
    const at = instants.get(key) ?? FIRST + n * STEP;
    instants.set(key, at);
    if (!named.has(at)) named.set(at, message.name);
    for (const [i, end] of ends.entries()) {
      if (n % 3 === 1 - i) continue;
      const flags = FLAGS[(n + i) % FLAGS.length] ?? [];
      for (let copies = n % 10 === 0 ? 2 : 1; copies > 0; copies--)
        await append(end, pathOf(message), message, at, flags);
    }
  }
  return named;
}

/** What has to be true on both ends after the changes. */
export interface Expected {
  /** Where a message is, by its instant; null: nowhere. */
  readonly places: Map<number, MailboxPath | null>;
  /** A flag that it has, or (with a minus) has not. */
  readonly flags: Map<number, string>;
  /** Mailboxes that are there, subscribed or not, or are not there (null). */
  readonly mailboxes: Map<string, boolean | null>;
  changes: number;
}

interface Place {
  readonly mailbox: SeenMailbox;
  readonly message: Seen;
}

/** Messages that are once in the account, none of them in `apart`, every second one, beginning with the `turn`-th. */
function* pick(seen: readonly SeenMailbox[], apart: ReadonlySet<number>, turn: number): Generator<Place, never> {
  const all = seen.flatMap((mailbox) => mailbox.messages.map((message) => ({ mailbox, message })));
  const byInstant = Map.groupBy(all, ({ message }) => message.at);
  const once = [...byInstant.entries()]
    .filter(([at, { length }]) => length === 1 && !apart.has(at) && at < FIRST + 400 * STEP)
    .sort(([a], [b]) => a - b);
  for (let n = turn; ; n += 2) {
    const place = once[n]?.[1][0];
    if (place === undefined) throw new Error("there are not enough messages to change");
    yield place;
  }
}

/** Changes of every kind but new mail on one end, each of another message or mailbox. `seen`: what is there; `apart`: instants to leave alone. */
export async function change(
  end: End,
  turn: 0 | 1,
  seen: readonly SeenMailbox[],
  apart: ReadonlySet<number>,
  expected: Expected,
): Promise<void> {
  const { hands } = end;
  const label = end.name.toUpperCase();
  const messages = pick(seen, apart, turn);
  const at = async (use: (uid: string, message: Seen, mailbox: SeenMailbox) => Promise<void>): Promise<void> => {
    const { mailbox, message } = messages.next().value;
    await hands.select(mailbox.name);
    await use(String(message.uid), message, mailbox);
    expected.changes++;
  };
  for (const flag of ["\\Flagged", "\\Answered", "\\Draft", "\\Seen", `$New${label}`, "$Work"])
    await at(async (uid, message) => {
      await hands.store(uid, "+FLAGS", [flag]);
      expected.flags.set(message.at, flag.toLowerCase());
    });
  for (let n = 0; n < 4; n++)
    await at(async (uid, message) => {
      const flag = message.flags.split(" ")[0] || "\\deleted";
      await hands.store(uid, "-FLAGS", [flag]);
      expected.flags.set(message.at, `-${flag}`);
    });
  for (const to of [["INBOX"], ["rspamd"], ["日本語 b"], ["Wanted"]])
    await at(async (uid, message) => {
      await hands.copy(uid, end.nameOf(to));
      await hands.expunge(uid);
      expected.places.set(message.at, to);
    });
  for (let n = 0; n < 4; n++)
    await at(async (uid, message) => {
      await hands.expunge(uid);
      expected.places.set(message.at, null);
    });
  await hands.select("INBOX");
  const changes: readonly (readonly [string, boolean | null, () => Promise<void>])[] = [
    [`Made ${label}`, false, () => hands.create(end.nameOf([`Made ${label}`]))],
    [`gyb/Nëu ${label}`, false, () => hands.create(end.nameOf(["gyb", `Nëu ${label}`]))],
    [`Old ${label}`, null, () => hands.rename(end.nameOf([`Old ${label}`]), end.nameOf([`Rénamed ${label}`]))],
    [`Tree ${label}/leaf`, null, () => hands.rename(end.nameOf([`Tree ${label}`]), end.nameOf([`Wood ${label}`]))],
    [`Gone ${label}`, null, () => hands.delete(end.nameOf([`Gone ${label}`]))],
    turn === 0
      ? ["Wanted", true, () => hands.subscribe(end.nameOf(["Wanted"]))]
      : ["Unwanted", false, () => hands.subscribe(end.nameOf(["Unwanted"]), false)],
  ];
  for (const [path, state, apply] of changes) {
    await apply();
    expected.mailboxes.set(path, state);
    expected.changes++;
  }
}

/** New mail on one end; after the other changes, for some of it goes into a mailbox that was renamed just now. */
export async function receive(end: End, turn: 0 | 1, expected: Expected): Promise<void> {
  const label = end.name.toUpperCase();
  const homes: readonly MailboxPath[] = [
    ["INBOX"],
    ["mime4j", "testmsgs"],
    ["Entwürfe ✓ a"],
    ["gyb"],
    ["made"],
    [`Rénamed ${label}`],
  ];
  for (const [n, path] of homes.entries()) {
    const instant = Date.UTC(2020, turn, n + 1, 3, 4, 5);
    const flags = FLAGS[n % FLAGS.length] ?? [];
    await end.hands.append(end.nameOf(path), letter(`new ${label} ${n}`), { flags, date: dateText(instant, 90) });
    expected.places.set(instant, path);
    if (flags[0] !== undefined) expected.flags.set(instant, flags[0].toLowerCase());
    expected.changes++;
  }
}

/** What of it is not so on an end, in lines. */
export function unmet(seen: readonly SeenMailbox[], { places, flags, mailboxes }: Expected): readonly string[] {
  const lines: string[] = [];
  for (const [at, path] of places) {
    const found = seen.filter(({ messages }) => messages.some((message) => message.at === at));
    const right = path === null ? found.length === 0 : found.length === 1 && samePath(found[0]?.path ?? [], path);
    if (!right)
      lines.push(`${at} should be in ${path?.join("/")}, is in ${found.map((one) => showPath(one.path)).join(", ")}`);
  }
  for (const [at, flag] of flags) {
    const has = seen
      .flatMap(({ messages }) => messages.filter((message) => message.at === at))
      .map((one) => one.flags.split(" "));
    const [wanted, name] = flag.startsWith("-") ? [false, flag.slice(1)] : [true, flag];
    if (!has.every((one) => one.includes(name) === wanted))
      lines.push(`${at} should have ${flag}, has ${has.join(";")}`);
  }
  for (const [path, state] of mailboxes) {
    const found = seen.find((one) => showPath(one.path) === path);
    if (state === null ? found !== undefined : found?.subscribed !== state) lines.push(`${path} should be ${state}`);
  }
  return lines;
}
