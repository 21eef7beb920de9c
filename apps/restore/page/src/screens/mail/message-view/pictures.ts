// Pictures that a message brought along, fetched from our own route alone and written out, so that the sandbox, which has no origin and sends no
// cookie, can show them. It must never take anything for a picture but the four kinds that hold pixels and nothing else.
import { useQuery } from "@tanstack/react-query";
import { getBytes } from "../../../api/client.ts";
import type { Opened } from "./opened.ts";
import { cidOf } from "./resources.ts";

const MOST_PICTURES = 60;
const MOST_BYTES = 24_000_000;
const TYPES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const NONE: ReadonlyMap<string, string> = new Map();

/** Gives data: addresses by Content-ID, when all are there. What is no picture is left out. */
export function usePictures(
  archive: number,
  { message, parts }: Opened,
  wanted: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const asked = parts
    .flatMap(({ part, cid }) => (cid !== null && wanted.has(cidOf(cid)) ? [{ part, cid: cidOf(cid) }] : []))
    .slice(0, MOST_PICTURES);
  const { data } = useQuery({
    queryKey: ["pictures", archive, message, asked],
    enabled: asked.length > 0,
    staleTime: "static",
    refetchOnWindowFocus: false,
    queryFn: async ({ signal }) => {
      const found = new Map<string, string>();
      let left = MOST_BYTES;
      for (const { part, cid } of asked) {
        const blob = await getBytes(
          "/archives/{archive}/messages/{message}/parts/{part}/picture",
          { params: { archive, message, part } },
          signal,
        ).catch((error: unknown) => {
          if (signal.aborted) throw error;
          return null;
        });
        if (blob === null || !TYPES.has(blob.type) || blob.size > left) continue;
        left -= blob.size;
        found.set(cid, await addressOf(blob));
      }
      return found;
    },
  });
  return data ?? NONE;
}

function addressOf(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
