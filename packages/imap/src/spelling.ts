// How a path is spelled on this server: prefix, delimiter, and what a segment cannot hold (B2). Pure. It must never give a name that LIST
// would show as another path than the one given back.
import type { MailboxPath, Spelled } from "@packetboat/core";
import { type Namespace, pathOf } from "./mailbox-lines.ts";
import { decodeName, encodeName } from "./names.ts";

/** What a server's names are made of. */
export interface NameRules {
  /** The personal namespace; null: the root, with the delimiter that LIST shows. */
  readonly namespace: Namespace | null;
  readonly delimiter: string | null;
  /** Characters that this server refuses anywhere in a name, beside the delimiter. */
  readonly refused: ReadonlySet<string>;
}

/** Cyrus refuses these in names (imap/mboxname.c). */
const CYRUS_REFUSES = new Set('"\\{}/');

/** Gives the rules of a server from its NAMESPACE, the names that LIST showed (in wire spelling), and its capabilities. */
export function nameRules(
  namespaces: readonly Namespace[],
  listed: { readonly delimiter: string | null; readonly wires: Iterable<string> },
  announced: ReadonlySet<string>,
): NameRules {
  const namespace = namespaces.find(({ kind }) => kind === "personal") ?? null;
  const delimiter = namespace?.delimiter ?? listed.delimiter;
  // X-CREATEDMODSEQ is Cyrus' alone.
  const refused = new Set(announced.has("X-CREATEDMODSEQ") ? CYRUS_REFUSES : []);
  // Dovecot and Courier keep mailboxes as directories: with another delimiter they refuse a slash. Where one is listed it is allowed.
  if (delimiter !== "/" && ![...listed.wires].some((wire) => wire.includes("/"))) refused.add("/");
  return { namespace, delimiter, refused };
}

const isControl = (char: string): boolean => char < " " || (char >= "\x7f" && char <= "\x9f");

function cleaned(segment: string, { delimiter, refused }: NameRules): string {
  const clean = [...segment]
    .map((char) => (char === delimiter || isControl(char) || refused.has(char) ? "_" : char))
    .join("");
  // Empty segments and those that file systems take for directories are refused nearly everywhere.
  return clean === "" || clean === "." || clean === ".." ? "_" : clean;
}

/** Gives the nearest name for a path, and the path that LIST will show for it. */
export function spell(path: MailboxPath, rules: NameRules): Spelled {
  if (path.length === 1 && path[0]?.toUpperCase() === "INBOX") return { name: "INBOX", path: ["INBOX"] };
  const segments = path.map((segment) => cleaned(segment, rules));
  const { namespace, delimiter } = rules;
  // A server without hierarchy holds one segment.
  const bare = segments.map(encodeName).join(delimiter ?? "_");
  const wire = `${namespace?.prefix ?? ""}${bare}`;
  return { name: decodeName(wire), path: pathOf(wire, delimiter, namespace) };
}
