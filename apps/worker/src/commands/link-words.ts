// A link in words: account, direction, mailboxes; and a list of them. Pure. Of what a link does it must never cut anything.
import type { LinkInfo } from "@packetboat/archive";
import { showPath } from "@packetboat/core";
import { folded, harmless, tableLines, widthOf } from "@packetboat/terminal";

const REMOVALS = {
  mirror: "removals travel there",
  trash: "removals go to its trash",
  never: "nothing is removed there",
} as const;

/** "pulls you@mail.example.com, without Junk*, under Work". */
export function linkWords({ account, rights, policy }: Pick<LinkInfo, "account" | "rights" | "policy">): string {
  const direction =
    rights.pull && rights.push
      ? "pulls from and pushes to"
      : rights.push
        ? "pushes to"
        : rights.pull
          ? "pulls"
          : "rests with";
  const parts = [
    `${direction} ${account}`,
    ...(rights.push ? [REMOVALS[policy.removals]] : []),
    ...(policy.include.length > 0 ? [`only ${policy.include.join(", ")}`] : []),
    ...(policy.exclude.length > 0 ? [`without ${policy.exclude.join(", ")}`] : []),
    ...(policy.watchMailboxes.length > 0 ? [`watching ${policy.watchMailboxes.join(", ")} too`] : []),
    ...(policy.prefix.length > 0 ? [`under ${showPath(policy.prefix)}`] : []),
    ...(policy.below.length > 0 ? [`below ${showPath(policy.below)} on the server`] : []),
  ];
  return harmless(parts.join(", "));
}

/** What a link does is not folded to less. */
const LEAST_WORDS = 30;
const COLUMNS = [
  { title: "link", align: "right" },
  { title: "archive", align: "left" },
  { title: "what it does", align: "left" },
] as const;

/** A row a link. What it does goes on below where a line of `within` columns is too short for it: nothing of it is cut. */
export function linkLines(
  links: readonly { readonly id: number; readonly archive: string; readonly words: string }[],
  within: number,
): readonly string[] {
  const ids = links.map(({ id }) => String(id).length);
  const archives = links.map(({ archive }) => widthOf(archive));
  // The two columns before it, and two blanks behind each.
  const before = Math.max(COLUMNS[0].title.length, ...ids) + Math.max(COLUMNS[1].title.length, ...archives) + 4;
  const rows = links.flatMap(({ id, archive, words }) =>
    folded(words, Math.max(LEAST_WORDS, within - before)).map((line, n) =>
      n === 0 ? [String(id), archive, line] : ["", "", line],
    ),
  );
  return tableLines(COLUMNS, rows);
}
