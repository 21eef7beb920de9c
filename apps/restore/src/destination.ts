// Where an export goes, as it is typed after --to: a format and a path. Pure. The shell does not expand ~ behind a colon, so it is done here.
import { resolve } from "node:path";
import { MailError } from "@packetboat/core";

export const EXPORT_FORMATS = ["eml", "mbox", "maildir", "zip"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportPlace {
  readonly format: ExportFormat;
  /** Absolute: a directory, for zip a file. */
  readonly path: string;
}

/** Reads `eml:DIR`, `mbox:DIR`, `maildir:DIR` or `zip:FILE`. Throws CONFIG_INVALID for anything else. */
export function readDestination(text: string, home: string | undefined): ExportPlace {
  const [named = "", ...rest] = text.split(":");
  const path = rest.join(":");
  const format = EXPORT_FORMATS.find((each) => each === named);
  if (format === undefined || path === "") {
    throw new MailError(
      "CONFIG_INVALID",
      "--to is eml:DIRECTORY (a file for each message), mbox:DIRECTORY (a file for each mailbox), maildir:DIRECTORY, or zip:FILE.",
    );
  }
  return { format, path: absolute(path, home) };
}

/** The absolute path of one that was typed behind a colon. */
export function absolute(path: string, home: string | undefined): string {
  if (home !== undefined && home !== "" && (path === "~" || path.startsWith("~/")))
    return resolve(home, `.${path.slice(1)}`);
  return resolve(path);
}
