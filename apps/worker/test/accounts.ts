// What an account holds, as another client sees it: for the suites that keep two accounts equal. It must never use the product's own eyes.
import { createHash } from "node:crypto";
import { WireClient } from "@packetboat/testkit";

/** A message that differs from every other number's. */
export const mail = (n: number | string, text = "Text.") =>
  Buffer.from(
    `Subject: ${n}\r\nMessage-ID: <${n}@example.org>\r\nDate: Sat, 21 Nov 2026 09:00:00 +0000\r\n\r\n${text}\r\n`,
  );

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, 12);

/** By mailbox one line a message, whatever its UID: what two equal accounts have in common. */
export type Holding = Readonly<Record<string, readonly string[]>>;

export interface Seen {
  readonly holds: Holding;
  /** Subscribed names, also those of no mailbox. */
  readonly subscribed: readonly string[];
  /** All of it with UIDs and UIDVALIDITY: what must not change when nothing is to be done. */
  readonly exactly: string;
}

/** Gives what a user's account holds. */
export async function lookInto(port: number, user: string): Promise<Seen> {
  await using client = await WireClient.login({ port }, user);
  const subscribed = new Set((await client.list("LSUB")).map(({ name }) => name));
  const holds: Record<string, string[]> = {};
  const exact: string[] = [];
  const listed = (await client.list()).filter(({ attributes }) => !attributes.includes("\\Noselect"));
  for (const { name } of listed.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const { uidValidity, exists } = await client.select(name, "EXAMINE");
    const messages = exists > 0 ? await client.fetch() : [];
    const lines = messages.map(({ uid, flags, internalDate, bytes }) => {
      const shown = flags.filter((flag) => flag !== "\\Recent").toSorted();
      return { uid, line: [sha256(bytes), internalDate, ...shown].join(" ") };
    });
    holds[`${name}${subscribed.has(name) ? " *" : ""}`] = lines.map(({ line }) => line).sort();
    exact.push(`${name} ${uidValidity}`, ...lines.map(({ uid, line }) => `${uid} ${line}`));
  }
  const names = [...subscribed].sort();
  return { holds, subscribed: names, exactly: [...exact, ...names].join("\n") };
}

/** Numbers from one to another, both included. */
export const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);

/** What users do to their accounts on a server. */
export function hands(port: () => number) {
  const as = async <T>(user: string, act: (client: WireClient) => Promise<T>): Promise<T> => {
    await using client = await WireClient.login({ port: port() }, user);
    return await act(client);
  };
  /** Messages of these numbers, into a mailbox that is made where it is not INBOX. */
  const fill = (user: string, mailbox: string, numbers: readonly number[], flags: readonly string[] = []) =>
    as(user, async (client) => {
      if (mailbox !== "INBOX") await client.create(mailbox);
      const date = "21-Nov-2025 10:00:00 +0000";
      const letters = numbers.map((n) => mail(n));
      await client.appendMany(mailbox, letters, { flags, date });
    });
  return { as, fill };
}
