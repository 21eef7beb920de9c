// The header of a message as fields, for people to recognise it by: unfolded and shown as it is written, nothing decoded and nothing trusted.
// Pure. It must never take part in what is stored, compared or sent: bytes are the archive's affair (C1).

export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

/** A header that is longer is not read to its end: no honest one is. */
export const HEADER_BYTES = 262_144;
const MOST_FIELDS = 1_000;

/** What tells a person which message it is, in the order in which it is shown. */
const TELLING = ["from", "to", "cc", "bcc", "reply-to", "subject", "date", "message-id"];

/** Gives the bytes before the empty line that ends a header; all of them where there is none. */
export function headerBytes(message: Uint8Array): Uint8Array {
  const text = Buffer.from(message.buffer, message.byteOffset, Math.min(message.byteLength, HEADER_BYTES));
  if (text[0] === 0x0a || (text[0] === 0x0d && text[1] === 0x0a)) return text.subarray(0, 0);
  const ends = [text.indexOf("\n\r\n"), text.indexOf("\n\n")].filter((at) => at !== -1).map((at) => at + 1);
  return text.subarray(0, Math.min(text.length, ...ends));
}

/** Gives a header as text: UTF-8 as RFC 6532 has it, and where it is none, what most old mail was written in. */
export function headerText(header: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(header);
  } catch {
    return new TextDecoder("windows-1252").decode(header);
  }
}

/** Gives the fields of a header in their order. A line that is no field, such as an mbox's "From ", is left out. */
export function headerFields(header: Uint8Array): readonly HeaderField[] {
  const fields: HeaderField[] = [];
  const unfolded = headerText(header).replace(/\r?\n(?=[ \t])/g, "");
  for (const line of unfolded.split(/\r\n|\n|\r/)) {
    const [, name, value] = /^([\x21-\x39\x3b-\x7e]+)[ \t]*:(.*)$/s.exec(line) ?? [];
    if (name !== undefined) fields.push({ name, value: (value ?? "").replace(/[ \t]+/g, " ").trim() });
    if (fields.length >= MOST_FIELDS) break;
  }
  return fields;
}

/** Those by which a person knows the message. */
export function tellingFields(fields: readonly HeaderField[]): readonly HeaderField[] {
  return TELLING.flatMap((wanted) => fields.filter(({ name }) => name.toLowerCase() === wanted));
}
