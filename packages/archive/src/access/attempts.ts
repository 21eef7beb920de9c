// Failed sign-ins as rows, counted for all processes at once: lockout.ts decides, this locks and writes. What counts is digests; no name and no
// address is kept. It must never hold a row while a password is looked at, or a provider asked.
import { createHash } from "node:crypto";
import { MailError } from "@packetboat/core";
import { inTransaction } from "@packetboat/database";
import type { Pool, PoolClient } from "pg";
import { millis, moment, rowsOf } from "../catalog/asking.ts";
import { type Attempts, attempted, type Counted, succeeded } from "./lockout.ts";

export interface Subject {
  readonly counted: Counted;
  readonly key: string;
}

const key = (text: string): string => createHash("sha256").update(text).digest("base64url");

/** Of a sign-in at a provider, which looks after its own names: whoever asks too often waits. */
export const subjectsAtProvider = (source: string): readonly Subject[] => [
  { counted: "source", key: key(`provider ${source}`) },
];

/** Of a sign-in by a password: digests, in the order in which they are locked. */
export function subjectsOf(name: string, source: string): readonly Subject[] {
  const subjects: Subject[] = [
    { counted: "pair", key: key(`pair ${source}\n${name}`) },
    { counted: "source", key: key(`source ${source}`) },
    { counted: "name", key: key(`name ${name}`) },
  ];
  return subjects.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Counts an attempt as failed, before it is known whether it is. Throws THROTTLED with the seconds to wait in its context. */
export async function countAttempt(pool: Pool, subjects: readonly Subject[], now: number): Promise<void> {
  await inTransaction(pool, async (client) => {
    const known = await lockedRows(client, subjects, now);
    const verdicts = subjects.map(({ counted, key }) => attempted(counted, known.get(key) ?? null, now));
    const until = Math.max(0, ...verdicts.map((verdict) => (verdict.kind === "locked" ? verdict.until : 0)));
    if (until > 0) {
      const seconds = Math.ceil((until - now) / 1_000);
      throw new MailError("THROTTLED", `Too many failed sign-ins. Try again in ${seconds} seconds.`, {
        context: { seconds },
      });
    }
    const next = verdicts.map((verdict) => (verdict.kind === "counted" ? verdict.next : null));
    await write(client, subjects, next);
  });
}

/** Takes one back that succeeded. */
export async function takeBack(client: PoolClient, subjects: readonly Subject[]): Promise<void> {
  const known = await lockedRows(client, subjects, null);
  const next = subjects.map(({ counted, key }) => {
    const state = known.get(key);
    return state === undefined ? null : succeeded(counted, state);
  });
  await write(client, subjects, next);
}

/** The rows of these subjects, locked until the end of the transaction, made first where `now` is given. By sign_in_attempt_pkey. */
async function lockedRows(
  client: PoolClient,
  subjects: readonly Subject[],
  now: number | null,
): Promise<ReadonlyMap<string, Attempts>> {
  const keys = subjects.map(({ key }) => key);
  if (now !== null)
    await client.query(
      `insert into sign_in_attempt (subject, failures, last_at) select key, 0, ${moment("$2")} from unnest($1::text[]) key
        on conflict (subject) do nothing`,
      [keys, now],
    );
  const rows = await rowsOf<{ subject: string; failures: number; last_at: number; locked_until: number | null }>(
    client,
    `select subject, failures, ${millis("last_at")} as last_at, ${millis("locked_until")} as locked_until from sign_in_attempt
      where subject = any($1::text[]) order by subject collate "C" for update`,
    [keys],
  );
  return new Map(
    rows.map((row) => [row.subject, { failures: row.failures, lastAt: row.last_at, lockedUntil: row.locked_until }]),
  );
}

async function write(
  client: PoolClient,
  subjects: readonly Subject[],
  next: readonly (Attempts | null)[],
): Promise<void> {
  const gone = subjects.flatMap(({ key }, at) => (next[at] === null ? [key] : []));
  await client.query("delete from sign_in_attempt where subject = any($1::text[])", [gone]);
  const kept = subjects.flatMap(({ key }, at) => {
    const state = next[at];
    return state ? [{ key, ...state }] : [];
  });
  await client.query(
    `update sign_in_attempt a set failures = n.failures, last_at = to_timestamp(n.last_at / 1000),
        locked_until = to_timestamp(n.locked_until / 1000)
      from unnest($1::text[], $2::int[], $3::float8[], $4::float8[]) as n(subject, failures, last_at, locked_until)
      where a.subject = n.subject`,
    [
      kept.map(({ key }) => key),
      kept.map(({ failures }) => failures),
      kept.map(({ lastAt }) => lastAt),
      kept.map(({ lockedUntil }) => lockedUntil),
    ],
  );
}
