// Mailbox names on the wire: modified UTF-7 (RFC 3501 5.1.3), for servers and sessions without UTF8=ACCEPT.
// Own code of the tests, apart from the engine's, so that one checks the other.

/** Encodes a mailbox name for the wire. */
export function toWireName(name: string): string {
  return name.replace(/&|[^\x20-\x7e]+/g, (run) => {
    if (run === "&") return "&-";
    const bytes = Buffer.from(run, "utf16le").swap16();
    return `&${bytes.toString("base64").replace(/=+$/, "").replaceAll("/", ",")}-`;
  });
}

/** Decodes a mailbox name from the wire. */
export function fromWireName(name: string): string {
  return name.replace(/&([^-]*)-/g, (_, coded: string) => {
    if (coded === "") return "&";
    const bytes = Buffer.from(coded.replaceAll(",", "/"), "base64");
    return Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)))
      .swap16()
      .toString("utf16le");
  });
}

/** A quoted string of the wire. */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
