// What `account test` prints of a server and an account. Pure.
import { showPath } from "@packetboat/core";
import type { AccountFacts, Profile } from "@packetboat/imap";
import { bytes, count, harmless, percent, plural, tableLines } from "@packetboat/terminal";
import { limitWords } from "../accounts/limits.ts";

/** What each of these gives Packetboat, in the order of what it is worth. */
const WORTH: readonly (readonly [name: string, what: string])[] = [
  ["QRESYNC", "changes and removals since the last run"],
  ["CONDSTORE", "changes since the last run"],
  ["LIST-STATUS", "all mailboxes in one question"],
  ["OBJECTID", "renamed mailboxes and moved messages by id"],
  ["MOVE", "moves in one step"],
  ["UIDPLUS", "removal of single messages"],
  ["SPECIAL-USE", "declared roles of mailboxes"],
];

const NAMES = 20;

/** Gives the lines. */
export function factLines(facts: AccountFacts): readonly string[] {
  const { capabilities, mailboxes, quota, appendLimit, roundTrip, messageLimit } = facts;
  const has = (name: string) => capabilities.includes(name);
  const selectable = mailboxes.filter((mailbox) => mailbox.selectable);
  const messages = selectable.reduce((sum, { status }) => sum + (status?.messages ?? 0), 0);
  const rows = selectable
    .slice(0, NAMES)
    .map(({ path, status, role, namespace }) => [
      showPath(path),
      status?.messages === null || status === null ? "?" : count(status.messages),
      [role ?? "", namespace === "personal" ? "" : namespace].filter((word) => word !== "").join(", "),
    ]);
  const column = (align: "left" | "right") => ({ title: "", align });
  return [
    `signed in; round trip ${roundTrip < 1 ? "under 1" : Math.round(roundTrip)} ms`,
    ...WORTH.map(([name, what]) => `${has(name) ? "yes" : "no "}  ${name.padEnd(12)} ${what}`),
    ...quota.map(
      ({ root, resource, used, limit }) =>
        `quota ${harmless(root === "" ? "" : `${root} `)}${resource.toLowerCase()}: ${amount(resource, used)} of ${amount(resource, limit)} (${percent(used, limit)})`,
    ),
    ...(quota.length === 0 ? ["quota: not told"] : []),
    `largest message: ${bytes(messageLimit)} is fetched${appendLimit === null ? "" : `, ${bytes(appendLimit)} is taken by the server`}`,
    `${plural(selectable.length, "mailbox")}, ${plural(messages, "message")}`,
    ...tableLines([column("left"), column("right"), column("left")], rows).map((line) => `  ${line}`),
    ...(selectable.length > NAMES ? [`  and ${count(selectable.length - NAMES)} more`] : []),
    `all capabilities: ${harmless(capabilities.join(" "))}`,
  ];
}

/** What the account may be asked to give, and whose word that is. */
export function limitsLine({ name, limits, tested }: Profile, isChosen: boolean): string {
  const whose = name === "unknown" ? "a provider that is not known" : name;
  const doubt = tested || name === "unknown" ? "" : "; not tested by us";
  return `${limitWords(limits)} (${whose}${doubt}${isChosen ? "; changed by --limit" : ""})`;
}

const amount = (resource: string, value: number): string => (resource === "STORAGE" ? bytes(value) : count(value));

/** The same for programs. */
export function plainFacts(facts: AccountFacts) {
  const { mailboxes, ...rest } = facts;
  return {
    ...rest,
    roundTrip: Number.isFinite(facts.roundTrip) ? Math.round(facts.roundTrip * 10) / 10 : null,
    mailboxes: mailboxes.map(({ path, selectable, subscribed, role, namespace, status }) => ({
      path,
      selectable,
      subscribed,
      role,
      namespace,
      messages: status?.messages ?? null,
    })),
  };
}
