// What people and programs prove themselves with, and what is kept of it: SHA-256 of 256 random bits, Argon2id of passwords. What was given out
// is never seen again. It must never keep, log or compare a secret as it is.
import { argon2, createHash, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { MailError } from "@packetboat/core";

/** Gives this many bytes that nobody can guess. */
export type Random = (bytes: number) => Buffer;

/** The clock (milliseconds since 1970) and the dice of an access. */
export interface Chance {
  readonly now: number;
  readonly random: Random;
}

const SECRET_BYTES = 32;
const SECRET = /^[A-Za-z0-9_-]{43}$/;

/** 256 bits as text. */
export const newSecret = (random: Random): string => random(SECRET_BYTES).toString("base64url");

/** What is kept of a secret; null: the text is none, so nothing need be asked of the database. */
export const hashOf = (secret: string): Buffer | null =>
  SECRET.test(secret) ? createHash("sha256").update(secret).digest() : null;

/** Of secrets that we made ourselves. */
export function hashOfNew(secret: string): Buffer {
  const hash = hashOf(secret);
  if (hash === null) throw new MailError("BUG", "A secret was made that is none. Please report this.");
  return hash;
}

/** OWASP's second choice for Argon2id: 19 MiB, two passes. Four at a time at most: Node's own threads. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const TAG_BYTES = 32;
const SALT_BYTES = 16;

const derive = promisify(argon2);

async function tagOf(password: string, salt: Buffer, memory: number, passes: number): Promise<Buffer> {
  const message = Buffer.from(password.normalize("NFKC"));
  return await derive("argon2id", { message, nonce: salt, parallelism: 1, tagLength: TAG_BYTES, memory, passes });
}

/** Gives what is kept of a password, in the usual spelling. */
export async function passwordHash(password: string, random: Random): Promise<string> {
  const salt = random(SALT_BYTES);
  const tag = await tagOf(password, salt, MEMORY_KIB, PASSES);
  const text = (bytes: Buffer): string => bytes.toString("base64").replaceAll("=", "");
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=1$${text(salt)}$${text(tag)}`;
}

const KEPT = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=1\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;
/** Of no password: a name that nobody has takes as long as one that somebody has. */
const NOBODY = `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=1$${"A".repeat(22)}$${"A".repeat(43)}`;

/** Whether a password is the one of `kept`; null: of nobody, which takes as long and is always false. */
export async function isPassword(password: string, kept: string | null): Promise<boolean> {
  const [, memory, passes, salt, tag] = KEPT.exec(kept ?? NOBODY) ?? [];
  if (salt === undefined || tag === undefined)
    throw new MailError("BUG", "A kept password has no known form. Please report this.");
  const made = await tagOf(password, Buffer.from(salt, "base64"), Number(memory), Number(passes));
  return timingSafeEqual(made, Buffer.from(tag, "base64")) && kept !== null;
}

const LEAST_PASSWORD = 12;
const MOST_PASSWORD = 1_000;

/** Gives a password that may be chosen. Throws CONFIG_INVALID. Length is what counts, so nothing else is asked for. */
export function readPassword(text: string): string {
  const length = [...text].length;
  if (length >= LEAST_PASSWORD && length <= MOST_PASSWORD) return text;
  throw new MailError(
    "CONFIG_INVALID",
    `A password has ${LEAST_PASSWORD} to ${MOST_PASSWORD} characters. Several words are good.`,
  );
}

/** Gives a name as it is kept; null: nobody has this name. */
export function nameOf(text: string): string | null {
  const name = text.trim().toLowerCase();
  return /^[a-z0-9][a-z0-9._@+-]{0,99}$/.test(name) ? name : null;
}

/** Gives a name as it is kept. Throws CONFIG_INVALID. */
export function readName(text: string): string {
  const name = nameOf(text);
  if (name !== null) return name;
  throw new MailError(
    "CONFIG_INVALID",
    "A name has 1 to 100 letters (a to z), digits and . _ @ + -, and begins with a letter or a digit. Choose another one.",
  );
}
