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
  /** Characters that this server refuses anywhere in a name, beside the delimiter and control characters. */
  readonly refuses: (char: string) => boolean;
  /** It takes a `~` at the beginning for somebody's home, and refuses the name. */
  readonly homes: boolean;
}

/** As measured: Cyrus 3.6 refuses these in names. */
const CYRUS_REFUSES = new Set('!"%;<>\\^`{|}/');

/** As measured: Courier 5 takes a name for a directory's, and knows no character of four bytes. */
const courierRefuses = (char: string): boolean => char === "/" || char.length > 1;

/** Gives the rules of a server from its NAMESPACE, the names that LIST showed (in wire spelling), and its capabilities. */
export function nameRules(
  namespaces: readonly Namespace[],
  listed: { readonly delimiter: string | null; readonly wires: Iterable<string> },
  announced: ReadonlySet<string>,
): NameRules {
  const namespace = namespaces.find(({ kind }) => kind === "personal") ?? null;
  const delimiter = namespace?.delimiter ?? listed.delimiter;
  // X-CREATEDMODSEQ is Cyrus' alone, ACL2=UNION Courier's.
  if (announced.has("X-CREATEDMODSEQ"))
    return { namespace, delimiter, refuses: (char) => CYRUS_REFUSES.has(char), homes: false };
  if (announced.has("ACL2=UNION")) return { namespace, delimiter, refuses: courierRefuses, homes: false };
  // Dovecot keeps mailboxes as directories: with another delimiter it refuses a slash. Where one is listed it is allowed.
  const slash = delimiter === "/" || [...listed.wires].some((wire) => wire.includes("/"));
  return { namespace, delimiter, refuses: (char) => char === "/" && !slash, homes: true };
}

const isControl = (char: string): boolean => char < " " || (char >= "\x7f" && char <= "\x9f") || !char.isWellFormed();

function cleaned(segment: string, { delimiter, refuses }: NameRules): string {
  const clean = [...segment]
    .map((char) => (char === delimiter || isControl(char) || refuses(char) ? "_" : char))
    .join("");
  // Empty segments and those that file systems take for directories are refused nearly everywhere.
  return clean === "" || clean === "." || clean === ".." ? "_" : clean;
}

/** Gives the nearest name for a path, and the path that LIST will show for it. */
export function spell(path: MailboxPath, rules: NameRules): Spelled {
  if (path.length === 1 && path[0]?.toUpperCase() === "INBOX") return { name: "INBOX", path: ["INBOX"] };
  const segments = path.map((segment) => cleaned(segment, rules));
  const { namespace, delimiter } = rules;
  // Dovecot, which nothing tells apart from others.
  if (rules.homes && (namespace?.prefix ?? "") === "") segments[0] = (segments[0] ?? "").replace(/^~/, "_");
  // A server without hierarchy holds one segment.
  const bare = segments.map(encodeName).join(delimiter ?? "_");
  const wire = `${namespace?.prefix ?? ""}${bare}`;
  return { name: decodeName(wire), path: pathOf(wire, delimiter, namespace) };
}
