// A certificate authority that an account is to be trusted by, from its file. It must never take a file for one that holds none: then every
// server would be refused, and nobody would know why.
import { readFileSync } from "node:fs";
import { MailError } from "@packetboat/core";

/** Gives the text of the file. Throws CONFIG_INVALID. */
export function readAuthority(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new MailError("CONFIG_INVALID", `The certificate file ${path} cannot be read (${code}).`, { cause: error });
  }
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new MailError("CONFIG_INVALID", `The file ${path} holds no certificate in PEM form (BEGIN CERTIFICATE).`);
}
