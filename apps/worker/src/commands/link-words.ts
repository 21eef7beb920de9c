// A link in words: account, direction, mailboxes. Pure.
import type { LinkInfo } from "@packetboat/archive";
import { showPath } from "@packetboat/core";
import { harmless } from "@packetboat/terminal";

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
