// Where an export goes, as it is typed after --to: a format and a path. Pure. The shell does not expand ~ behind a colon, so it is done here.
import { resolve } from "node:path";
import { MailError } from "@packetboat/core";

/** Gives the absolute directory of `eml:DIR`. Throws CONFIG_INVALID for anything else. */
export function readDestination(text: string, home: string | undefined): string {
  const [format, ...rest] = text.split(":");
  const path = rest.join(":");
  if (format !== "eml" || path === "") {
    throw new MailError("CONFIG_INVALID", "--to is eml:DIRECTORY, such as --to eml:mail: one file for each message.");
  }
  if (home !== undefined && home !== "" && (path === "~" || path.startsWith("~/")))
    return resolve(home, `.${path.slice(1)}`);
  return resolve(path);
}
