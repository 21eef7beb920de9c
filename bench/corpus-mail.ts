// The mail of the case `index`: every message of the corpus again and again, real and hostile, as people get it. Each time a line more in its header,
// so that no body is stored twice. The same messages for the same number. It must never depend on the machine.
import { corpusMessages } from "@packetboat/testkit";
import type { BenchMail } from "./written-archive.ts";

const FIRST_DAY = Date.UTC(2019, 0, 1);
const HOUR = 3_600_000;

/** Gives messages in the order of their dates. */
export async function* corpusMail(messages: number): AsyncGenerator<BenchMail> {
  const all: Buffer[] = [];
  for await (const { bytes } of corpusMessages()) all.push(bytes);
  for (let i = 0; i < messages; i++) {
    const line = Buffer.from(`X-Copy: ${i}\r\n`);
    const bytes = Buffer.concat([line, all[i % all.length] as Buffer]);
    yield { bytes, internalDate: FIRST_DAY + i * HOUR, text: 0 };
  }
}
