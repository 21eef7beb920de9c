// What import is told to read, as it was typed, and where in the archive it goes. Pure.
import { type MailboxPath, MailError, samePath } from "@packetboat/core";
import { SOURCE_KINDS, type SourceKind } from "@packetboat/formats";
import { absolute } from "../destination.ts";

export interface NamedSource {
  /** Null: find out. */
  readonly kind: SourceKind | null;
  readonly path: string;
}

/** Reads `mbox:FILE`, `maildir:DIR` …, or a path alone. Throws CONFIG_INVALID for a kind without a path. */
export function readSource(text: string, home: string | undefined): NamedSource {
  const colon = text.indexOf(":");
  const kind = SOURCE_KINDS.find((each) => each === text.slice(0, Math.max(0, colon))) ?? null;
  const path = kind === null ? text : text.slice(colon + 1);
  if (path === "")
    throw new MailError(
      "CONFIG_INVALID",
      `SOURCE is a path, or one of ${SOURCE_KINDS.join(", ")} with a path: mbox:FILE.`,
    );
  return { kind, path: absolute(path, home) };
}

export interface Placing {
  /** All of it goes into this mailbox. */
  readonly mailbox?: MailboxPath | undefined;
  /** Mailboxes keep their names, below this one. */
  readonly below?: MailboxPath | undefined;
}

/** Reads --mailbox and --below. `dashes`: what stands before their names. Throws CONFIG_INVALID for both, or for a name that is none. */
export function readPlacing(
  options: { readonly mailbox?: string | undefined; readonly below?: string | undefined },
  dashes = "--",
): Placing {
  if (options.mailbox !== undefined && options.below !== undefined)
    throw new MailError(
      "CONFIG_INVALID",
      `${dashes}mailbox puts all into one mailbox, ${dashes}below keeps mailboxes apart. Give one of them.`,
    );
  const read = (name: "mailbox" | "below"): MailboxPath | undefined => {
    const segments = options[name]?.split("/");
    if (segments?.some((segment) => segment === "") === true)
      throw new MailError("CONFIG_INVALID", `${dashes}${name} is a mailbox, such as 'Old mail' or Archive/2019.`);
    return segments;
  };
  return { mailbox: read("mailbox"), below: read("below") };
}

/** A segment that an index, or a server, could not take. */
const MAX_SEGMENT = 400;
const MAX_DEPTH = 64;

/** Where a mailbox of the source goes. Names are kept as they are but for what no mailbox can be called. */
export function placed(path: MailboxPath, { mailbox, below }: Placing): MailboxPath {
  if (mailbox !== undefined) return named(mailbox);
  return named([...(below ?? []), ...path]);
}

function named(path: MailboxPath): MailboxPath {
  const segments = path.slice(0, MAX_DEPTH).map((segment) => {
    const name = segment.toWellFormed().replaceAll("\0", "_");
    return name === "" ? "_" : [...name].slice(0, MAX_SEGMENT).join("");
  });
  return samePath(segments, ["INBOX"]) ? ["INBOX"] : segments;
}
