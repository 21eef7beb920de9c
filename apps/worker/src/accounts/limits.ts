// The limits of an account as a person writes them: --limit down-per-day=500MB, and as they are shown. Pure. Only what a person chose is kept:
// the rest follows the provider's profile, also when that changes.
import { type AccountLimits, type ChosenLimits, LIMIT_NAMES, MailError } from "@packetboat/core";
import { plural } from "@packetboat/terminal";

type Name = keyof AccountLimits;

const WORDS: Readonly<Record<Name, string>> = {
  connections: "connections",
  commandsPerMinute: "commands-per-minute",
  bytesPerSecond: "bytes-per-second",
  downPerDay: "down-per-day",
  upPerDay: "up-per-day",
};

const UNITS: Readonly<Record<string, number>> = { "": 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 };
const ARE_BYTES: ReadonlySet<Name> = new Set(["bytesPerSecond", "downPerDay", "upPerDay"]);

/** Reads one NAME=VALUE. Undefined: as the provider's profile says; null: none. Throws CONFIG_INVALID. */
function readLimit(text: string): readonly [Name, number | null | undefined] {
  const [word = "", value = ""] = text.split("=", 2).map((part) => part.trim().toLowerCase());
  const name = LIMIT_NAMES.find((one) => WORDS[one] === word);
  if (name === undefined) {
    const words = LIMIT_NAMES.map((one) => WORDS[one]).join(", ");
    throw new MailError("CONFIG_INVALID", `--limit takes NAME=VALUE; the names are ${words}.`);
  }
  if (value === "default") return [name, undefined];
  if (value === "none") return [name, null];
  const [, digits, unit = ""] = /^(\d{1,15}(?:\.\d{1,3})?) ?([kmgt]?b)?$/.exec(value) ?? [];
  const factor = UNITS[ARE_BYTES.has(name) ? unit : unit === "" ? "" : "?"];
  const amount = Math.round(Number(digits) * (factor ?? Number.NaN));
  if (!(Number.isSafeInteger(amount) && amount > 0)) {
    const example = ARE_BYTES.has(name) ? "500MB" : "4";
    throw new MailError("CONFIG_INVALID", `--limit ${word} is a number such as ${example}, or none, or default.`);
  }
  return [name, amount];
}

/** Lays what was given over what was chosen before. */
export function withLimits(before: ChosenLimits | null, given: readonly string[]): ChosenLimits | null {
  const after: { [Key in Name]?: number | null | undefined } = { ...before };
  for (const text of given) {
    const [name, value] = readLimit(text);
    if (value === undefined) delete after[name];
    else after[name] = value;
  }
  return Object.keys(after).length === 0 ? null : after;
}

/** Reads what is kept; what is no limit is left out. */
export function readLimits(value: unknown): ChosenLimits | null {
  if (typeof value !== "object" || value === null) return null;
  const found = value as Readonly<Record<string, unknown>>;
  const good = LIMIT_NAMES.filter((name) => {
    const one = found[name];
    return one === null || (typeof one === "number" && Number.isSafeInteger(one) && one > 0);
  });
  return good.length === 0 ? null : Object.fromEntries(good.map((name) => [name, found[name] as number | null]));
}

function amount(bytes: number): string {
  if (bytes < 1e6) return `${Math.round(bytes / 100) / 10} kB`;
  return bytes < 1e10 ? `${Math.round(bytes / 1e5) / 10} MB` : `${Math.round(bytes / 1e8) / 10} GB`;
}

/** The limits in one line. */
export function limitWords(limits: AccountLimits): string {
  const { connections, commandsPerMinute, bytesPerSecond, downPerDay, upPerDay } = limits;
  const words = [
    connections === null ? null : plural(connections, "connection"),
    commandsPerMinute === null ? null : `${plural(commandsPerMinute, "command")} a minute`,
    bytesPerSecond === null ? null : `${amount(bytesPerSecond)} a second`,
    downPerDay === null ? null : `${amount(downPerDay)} a day down`,
    upPerDay === null ? null : `${amount(upPerDay)} a day up`,
  ].filter((word) => word !== null);
  return words.length === 0 ? "none but the server's own" : words.join(", ");
}
