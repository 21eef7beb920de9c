import { test } from "vitest";
import { judge } from "./two-lives.ts";

test("hunt", { timeout: 1e6 }, async () => {
  const [from, n] = (process.env.HUNT ?? "1,300").split(",").map(Number) as [number, number];
  let bad = 0;
  for (let s = from; s < from + n; s++)
    for (const [f, c] of [
      [false, false],
      [true, false],
      [true, true],
    ] as const) {
      try {
        await judge(s, { faults: f, crashes: c });
      } catch (e) {
        bad++;
        console.log(`FAIL ${s},${+f},${+c} ${String((e as Error).message).split("\n")[0]}`);
      }
    }
  console.log("bad", bad, "of", n * 3);
});
