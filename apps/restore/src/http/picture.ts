// Which pictures may be shown within a message: those of four kinds that hold pixels and nothing else, by what their bytes are, never by what
// the sender calls them. Pure. SVG is a document with scripts and links, and is none of them.

export const PICTURE_TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"] as const;
export type PictureType = (typeof PICTURE_TYPES)[number];

/** Larger ones are attachments. */
const MOST_PICTURE_BYTES = 20 * 1_048_576;

/** Gives the type of a picture; null: these bytes are none that is shown. */
export function pictureTypeOf(bytes: Uint8Array): PictureType | null {
  if (bytes.length > MOST_PICTURE_BYTES) return null;
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 12)).toString("latin1");
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (head.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (head.startsWith("GIF87a") || head.startsWith("GIF89a")) return "image/gif";
  return head.startsWith("RIFF") && head.endsWith("WEBP") ? "image/webp" : null;
}
