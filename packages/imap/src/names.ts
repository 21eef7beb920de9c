// Mailbox names on the wire: modified UTF-7 (RFC 3501 section 5.1.3) to text and back. A name whose spelling would not come back the
// same is kept as it is (trap 19): it must never name another mailbox than the server's. Pure.

function toBase64(units: string): string {
  const bytes = Buffer.alloc(units.length * 2);
  for (let i = 0; i < units.length; i++) bytes.writeUInt16BE(units.charCodeAt(i), i * 2);
  return bytes.toString("base64").replace(/=+$/, "").replaceAll("/", ",");
}

/** Gives the wire spelling of a name: printable ASCII as it is, `&` as `&-`, all else in modified base64. */
export function encodeName(name: string): string {
  return name.replace(/&|[^\x20-\x7e]+/g, (run) => (run === "&" ? "&-" : `&${toBase64(run)}-`));
}

/** Gives the text of a wire spelling; the spelling itself where it is not valid modified UTF-7, or not the one that encoding gives. */
export function decodeName(wire: string): string {
  if (!wire.includes("&")) return wire;
  let valid = true;
  const text = wire.replace(/&([A-Za-z0-9+,]*)(-?)/g, (whole, base64: string, end: string) => {
    if (end === "") valid = false;
    if (base64 === "") return "&";
    const bytes = Buffer.from(base64.replaceAll(",", "/"), "base64");
    if (bytes.length < 2 || bytes.length % 2 !== 0) valid = false;
    if (!valid) return whole;
    return bytes.swap16().toString("utf16le");
  });
  return valid && encodeName(text) === wire ? text : wire;
}

/** True when a name can go out in quotes; otherwise it needs a literal (RFC 3501: quoted strings are 7 bit, without CR and LF). */
export function isQuotable(wire: string): boolean {
  return /^[\x20-\x7e]*$/.test(wire);
}
