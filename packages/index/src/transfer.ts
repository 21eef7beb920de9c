// Undoes transfer encodings and character sets where every reader agrees on what they mean; anything else is left to mailparser, by null. Pure,
// linear. It must never give anything but what mailparser would: ordinary.pure.test.ts compares them.
import { isAscii } from "node:buffer";
import { quotedBytes } from "./headers.ts";

const PLAIN = new Set(["", "7bit", "8bit", "binary"]);

/** The bytes behind a transfer encoding. Null: mailparser is to be asked. */
export function unwrapped(body: Buffer, encoding: string): Buffer | null {
  if (PLAIN.has(encoding)) return body;
  if (encoding === "quoted-printable") {
    const text = body
      .toString("latin1")
      .replace(/[\t ]+$/gm, "")
      .replace(/=(?:\r?\n|$)/g, "");
    return quotedBytes(text);
  }
  return encoding === "base64" && base64Size(body) !== null ? Buffer.from(body.toString("latin1"), "base64") : null;
}

/** How many bytes are behind a transfer encoding, as above. */
export function unwrappedSize(body: Buffer, encoding: string): number | null {
  return encoding === "base64" ? base64Size(body) : (unwrapped(body, encoding)?.length ?? null);
}

const OTHER = 0;
const BLANK = 1;
const DIGIT = 2;
const PAD = 3;
const KINDS = new Uint8Array(256);
for (const blank of "\r\n\t ") KINDS[blank.charCodeAt(0)] = BLANK;
for (const digit of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  KINDS[digit.charCodeAt(0)] = DIGIT;
KINDS["=".charCodeAt(0)] = PAD;

/** Of base64 that is whole and padded at its very end only. */
function base64Size(body: Buffer): number | null {
  let digits = 0;
  let pads = 0;
  for (let i = 0; i < body.length; i++) {
    const kind = KINDS[body[i] ?? 0];
    if (kind === DIGIT) {
      if (pads > 0) return null;
      digits++;
    } else if (kind === PAD) pads++;
    else if (kind === OTHER) return null;
  }
  return pads <= 2 && (digits + pads) % 4 === 0 ? ((digits + pads) / 4) * 3 - pads : null;
}

/** As mailparser names them: without what is neither letter nor digit. */
const UTF8 = new Set(["ascii", "usascii", "utf8"]);
/** Those in which ASCII is ASCII. */
const LIKE_ASCII = /^(iso8859(1|2|3|4|5|7|9|10|13|14|15|16)|windows125[0-8]|koi8[ru]|gb2312|gbk|gb18030|big5|euckr)$/;
const LATIN = new Set(["iso88591", "windows1252"]);
/** What windows-1252 has at 80 to 9F, where Latin-1 has nothing that is seen; U+FFFD: nothing. Mail says Latin-1 and means this. */
const WINDOWS = [..."€\ufffd‚ƒ„…†‡ˆ‰Š‹Œ\ufffdŽ\ufffd\ufffd‘’“”•–—˜™š›œ\ufffdžŸ"];

/** The characters of bytes in a character set. Null: mailparser is to be asked. */
export function inCharset(bytes: Buffer, charset: string): string | null {
  const name = charset.toLowerCase().replace(/[^a-z0-9]+/g, "");
  if (UTF8.has(name)) return bytes.toString("utf8");
  if (!LIKE_ASCII.test(name)) return null;
  if (isAscii(bytes)) return bytes.toString("latin1");
  if (!LATIN.has(name)) return null;
  return bytes.toString("latin1").replace(/[\x80-\x9f]/g, (character) => WINDOWS[character.charCodeAt(0) - 0x80] ?? "");
}
