// Modified UTF-7 (RFC 3501 section 5.1.3), the spelling of mailbox names in a Maildir. A name whose spelling would not come back the same
// is kept as it is, so that two directories never become one mailbox. Pure.

/** Printable ASCII as it is, `&` as `&-`, all else in modified base64. */
export function toUtf7(name: string): string {
  return name.replace(/&|[^\x20-\x7e]+/g, (run) => {
    if (run === "&") return "&-";
    const base64 = Buffer.from(run, "utf16le").swap16().toString("base64");
    return `&${base64.replace(/=+$/, "").replaceAll("/", ",")}-`;
  });
}

/** The text of such a spelling; the spelling itself where it is none. */
export function fromUtf7(spelling: string): string {
  if (!spelling.includes("&")) return spelling;
  const text = spelling.replace(/&([A-Za-z0-9+,]*)-/g, (_, base64: string) => {
    if (base64 === "") return "&";
    const bytes = Buffer.from(base64.replaceAll(",", "/"), "base64");
    return Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)))
      .swap16()
      .toString("utf16le");
  });
  return toUtf7(text) === spelling ? text : spelling;
}
