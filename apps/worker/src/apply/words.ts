// A plan in lines, as it is read by a person and by a program. Pure. It must never let a name reach the terminal as it is.
import { showAccountUrl } from "@packetboat/config";
import { assertNever } from "@packetboat/core";
import { harmless } from "@packetboat/terminal";
import { passwordWords } from "../commands/account-words.ts";
import { linkWords } from "../commands/link-words.ts";
import type { ApplyPlan, Change, Step } from "./step.ts";

/** "~ link      you@mail.example.com → private: removals: never → mirror". */
export function stepLine(step: Step): string {
  const [sign, what, text] = stepWords(step);
  return harmless(`${sign} ${what.padEnd(8)} ${text}`);
}

function stepWords(step: Step): readonly [sign: "+" | "~" | "-", what: string, text: string] {
  switch (step.kind) {
    case "create-archive":
      return ["+", "archive", step.archive];
    case "create-account": {
      const password = passwordWords({ settings: step.settings, hasSecret: false });
      return ["+", "account", `${step.account}: ${showAccountUrl(step.address)}, password: ${password}`];
    }
    case "change-account":
      return ["~", "account", `${step.account}: ${changeWords(step.changes)}`];
    case "remove-account":
      return ["-", "account", `${step.account}, with its kept password`];
    case "create-link":
      return ["+", "link", `${tie(step)}: ${linkWords(step)}`];
    case "change-link":
      return ["~", "link", `${tie(step)}: ${changeWords(step.changes)}`];
    case "remove-link":
      return ["-", "link", `${tie(step)}, with what it knows of the server; the mail stays`];
    case "set-schedule":
      return step.isNew
        ? ["+", "schedule", `${tie(step)}: ${step.changes.map(({ field, after }) => `${field} ${after}`).join(", ")}`]
        : ["~", "schedule", `${tie(step)}: ${changeWords(step.changes)}`];
    case "remove-schedule":
      return ["-", "schedule", tie(step)];
    default:
      return assertNever(step);
  }
}

const tie = ({ account, archive }: { readonly account: string; readonly archive: string }): string =>
  `${account} → ${archive}`;

const changeWords = (changes: readonly Change[]): string =>
  changes.map(({ field, before, after }) => `${field}: ${before} → ${after}`).join("; ");

/** What is said beside the steps. */
export function sideLines({ unnamed, logins }: ApplyPlan): readonly string[] {
  const stays = (what: string, names: readonly string[], how: string) =>
    names.map((name) => `  ${what} ${name} is not in the file and stays; ${how}`);
  return [
    ...stays("account", unnamed.accounts, "--prune removes it."),
    ...stays("link", unnamed.links, "--prune removes it."),
    ...stays("archive", unnamed.archives, "only packetboat archive remove removes an archive, with its mail."),
    ...logins.map((account) => `  Sign ${account} in, once: packetboat account login ${account}`),
  ].map(harmless);
}

/** For programs: what changes, without what only the database needs. */
export function plainStep(step: Step): Readonly<Record<string, unknown>> {
  return {
    change: step.kind,
    ...("account" in step ? { account: step.account } : {}),
    ...("archive" in step ? { archive: step.archive } : {}),
    ...("changes" in step ? { changes: step.changes } : {}),
  };
}
