// mailparser's reading of a message that somebody opens: text and HTML as they were written, and what hangs on it; or the bytes of one part.
// It throws what mailparser throws; the thread then opens the message in our own way.
import type { OpenedRead, ReadPart } from "./opened.ts";
import { type AttachmentStream, isWithin, parsed } from "./parse.ts";

/** Links are made by whoever shows the text; a plain part beside HTML takes its place among it, as HTML. */
const OPTIONS = { skipHtmlToText: true, skipTextLinks: true, skipImageLinks: true };

/** Opens a message. `cut`: these bytes are not all of it. Rejects with what mailparser throws. */
export async function openByParser(bytes: Buffer, cut: boolean): Promise<OpenedRead> {
  const parts: ReadPart[] = [];
  const { header, text } = await parsed(bytes, OPTIONS, (data) => {
    const { filename = "", contentType: type, cid } = data;
    const found = { name: filename, type, size: 0, within: isWithin(data), cid: cid === undefined ? null : cid };
    parts.push(found);
    data.content.on("data", (chunk: Buffer) => {
      found.size += chunk.length;
    });
    data.content.on("end", () => data.release());
  });
  const html = typeof text?.html === "string" ? text.html : null;
  return { ...header, text: text?.text ?? "", html, parts, cut };
}

/** The bytes of the part of this number, from 0, as `openByParser` lists them; null: there is none. Rejects with what mailparser throws. */
export async function partByParser(bytes: Buffer, number: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let at = 0;
  await parsed(bytes, OPTIONS, (data: AttachmentStream) => {
    const isAsked = at++ === number;
    data.content.on("data", (chunk: Buffer) => {
      if (isAsked) chunks.push(chunk);
    });
    data.content.on("end", () => data.release());
  });
  return at > number ? Buffer.concat(chunks) : null;
}
