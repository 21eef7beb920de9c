// Runs and days as charts draw them. Pure: from what the API gives, the latest first, to points from left to right, and one sentence that says what
// there is to see for those who do not see it.
import type { Answer } from "../../api/shapes.ts";
import { dateTime, shortDate, size } from "../../texts/formats.ts";
import { charts, runs as words } from "../../texts/runs.ts";

export type RunPoint = Answer<"get", "/charts/runs">["runs"][number];
export type StorageDay = Answer<"get", "/charts/storage">["days"][number];

export type ChartKind = "messages" | "bytes" | "seconds" | "storage";

/** Text for the place below, and a number by name. */
export type Point = Readonly<Record<string, string | number>>;

/** The earliest first. */
export function runPoints(runs: readonly RunPoint[]): readonly Point[] {
  const last = Date.parse(runs[0]?.started ?? "");
  return runs.toReversed().map(({ run, started, fetched, fetchedBytes, sent, sentBytes, seconds }) => ({
    run,
    when: started === null ? String(run) : dateTime(started),
    // Below the chart: the time, of those of the last day.
    tick: started === null ? String(run) : shortDate(started, last),
    fetched,
    fetchedBytes,
    sent,
    sentBytes,
    seconds: Math.round(seconds * 10) / 10,
  }));
}

/** What was kept and saved until the end of each day, in bytes. */
export function storagePoints(days: readonly StorageDay[]): readonly Point[] {
  let kept = 0;
  let repeated = 0;
  let all = 0;
  return days.map(({ day, bytes, repeatedBytes, keptBytes }) => {
    kept += keptBytes;
    repeated += repeatedBytes;
    all += bytes;
    // Small mail that does not compress takes a little more than it is.
    return { when: day, kept, repeated, compressed: Math.max(0, all - repeated - kept) };
  });
}

/** One sentence. */
export function summaryOf(kind: ChartKind, runs: readonly RunPoint[], days: readonly StorageDay[]): string {
  const sum = (of: (run: RunPoint) => number): number => runs.reduce((total, run) => total + of(run), 0);
  switch (kind) {
    case "messages":
      return charts.summary.messages(
        runs.length,
        sum(({ fetched }) => fetched),
      );
    case "bytes":
      return charts.summary.bytes(runs.length, size(sum(({ fetchedBytes }) => fetchedBytes)));
    case "seconds":
      return charts.summary.seconds(runs.length, words.seconds(Math.max(0, ...runs.map(({ seconds }) => seconds))));
    case "storage": {
      const all = days.reduce((total, { bytes }) => total + bytes, 0);
      const kept = days.reduce((total, { keptBytes }) => total + keptBytes, 0);
      return charts.summary.storage(size(all), size(kept), size(Math.max(0, all - kept)));
    }
  }
}
