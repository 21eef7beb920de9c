// The mail of the case `search`: text as people write it (few words often, most words seldom), with what is searched for planted in known
// shares. The same messages for the same number. It must never depend on the machine.
import { type Random, seeded } from "@packetboat/testkit";
import type { BenchMail } from "./written-archive.ts";

/** Different words. How often each is used falls with its place (Zipf). */
const VOCABULARY = 60_000;
const SYLLABLES =
  "ba be bi bo bu da de di do du fa fe ka ke ki ko la le li lo ma me mi mo na ne ni no pa pe po ra re ri ro sa se si so ta te ti to va ve vi vo za zo".split(
    " ",
  );
const HAN = [
  ..."東京都会議予算報告見積請求書契約開発設計試験納品検収部長課長担当電話住所番号日時場所内容確認変更追加削除",
];
const SENDERS = 2_000;
const FIRST_DAY = Date.UTC(2019, 0, 1);
const LAST_DAY = Date.UTC(2025, 0, 1);

const word = (n: number): string => {
  let text = "";
  for (let left = n + 40; left > 0; left = Math.floor(left / SYLLABLES.length))
    text += SYLLABLES[left % SYLLABLES.length];
  return text;
};

function sentence(random: Random, words: number): string {
  const all = Array.from({ length: words }, () => word(Math.floor(VOCABULARY ** random.next()) - 1));
  const text = all.join(" ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function paragraph(random: Random, words: number): string {
  const sentences: string[] = [];
  for (let left = words; left > 0; left -= 12) sentences.push(sentence(random, 6 + random.below(12)));
  return sentences.join(" ").replace(/(.{60,76}) /g, "$1\r\n");
}

/** Gives messages in the order of their dates. */
export function* searchMail(messages: number): Generator<BenchMail> {
  const random = seeded(7);
  for (let i = 0; i < messages; i++) {
    const internalDate = FIRST_DAY + Math.floor(((LAST_DAY - FIRST_DAY) * i) / messages);
    const words = Math.min(3_000, Math.max(20, Math.round(Math.exp(5 + 0.9 * random.normal()))));
    const planted = [
      ...(i % 10_000 === 5_000 || (messages < 20_000 && i % 1_000 === 500) ? ["Zanzibar"] : []),
      ...(i % 10 === 3 ? ["quarterly"] : []),
      ...(i % 200 === 13 ? ["the annual budget review is near"] : []),
      ...(i % 50 === 7 ? [Array.from({ length: 60 }, () => random.pick(HAN as [string, ...string[]])).join("")] : []),
    ];
    const text = [paragraph(random, words), ...planted.map((each) => `${each}.`)].join("\r\n");
    const subject = sentence(random, 3 + random.below(6)).slice(0, -1);
    const sender = Math.floor(SENDERS ** random.next());
    const head = [
      `Message-ID: <${random.hex(16)}.${i}@example.com>`,
      `Date: ${new Date(internalDate).toUTCString().replace("GMT", "+0000")}`,
      `From: ${word(sender * 31)} ${word(sender * 17)} <${word(sender * 31)}.${sender}@${word(sender % 90)}.example>`,
      `To: Bob Example <bob@example.org>${random.chance(0.2) ? `,\r\n ${word(sender * 7)} <${word(sender * 7)}@example.net>` : ""}`,
      `Subject: ${subject}`,
      "MIME-Version: 1.0",
    ];
    const plain = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
    const attached = i % 8 === 5;
    const body = attached
      ? `Content-Type: multipart/mixed; boundary="b${i}"\r\n\r\n--b${i}\r\n${plain}${text}\r\n--b${i}\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="${word(i % 500)} ${i}.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n${random.hex(4_000)}\r\n--b${i}--\r\n`
      : `${plain}${text}\r\n`;
    yield {
      bytes: Buffer.from(`${head.join("\r\n")}\r\n${body}`),
      internalDate,
      text: Buffer.byteLength(text) + Buffer.byteLength(subject),
    };
  }
}
