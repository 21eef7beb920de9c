// The names under which bytes are given out. Pure. Senders choose the names of what they attach: paths, control characters, letters that turn
// the reading direction so that "exe.gpj" is read, names that Windows keeps for devices. None of these may reach a header, a disk or an eye.

const MOST_BYTES = 150;
const EXTENSION = /\.[\p{L}\p{N}]{1,10}$/u;

/** Controls, what turns the direction of reading, what is not seen. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\u115f\u3164]/gu;
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;

/** Gives the name of a file that is safe to be saved under on any system; `fallback` where nothing of it is left. */
export function safeName(name: string, fallback: string): string {
  const last =
    name
      .toWellFormed()
      .split(/[/\\]/)
      .findLast((segment) => segment.trim() !== "") ?? "";
  const plain = last
    .normalize("NFC")
    .replace(UNSEEN, "")
    .replace(/[<>:"|?*%]/g, "_")
    .replace(/\s+/gu, " ")
    .replace(/^[. ~-]+|[. ]+$/g, "")
    .replace(DEVICES, "_$1");
  return shortened(plain) || fallback;
}

/** Its ending stays: it says what the file is. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= MOST_BYTES) return name;
  const ending = EXTENSION.exec(name)?.[0] ?? "";
  let kept = "";
  let bytes = Buffer.byteLength(ending);
  for (const character of name.slice(0, name.length - ending.length)) {
    bytes += Buffer.byteLength(character);
    if (bytes > MOST_BYTES) break;
    kept += character;
  }
  return kept + ending;
}

/** The value of a Content-Disposition header (RFC 6266). `name` is safe already. */
export function dispositionOf(kind: "attachment" | "inline", name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]|["\\]/gu, "_");
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
  return `${kind}; filename="${ascii}"${ascii === name ? "" : `; filename*=UTF-8''${encoded}`}`;
}

/** A type as a sender states it, where it has the form of one. */
export function safeType(type: string): string {
  const plain = type.trim().toLowerCase();
  return /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/.test(plain)
    ? plain
    : "application/octet-stream";
}
