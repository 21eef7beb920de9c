// What is asked within a moment is one question; every asker gets an answer of its own, or the failure.
import { expect, test } from "vitest";
import { gathered } from "../src/index.ts";

function desk(momentMs: number, fails = false) {
  const asked: (readonly number[])[] = [];
  const { ask, flush } = gathered(momentMs, async (items: readonly number[]) => {
    asked.push(items);
    if (fails) throw new Error("away");
    return items.map((item) => item * 10);
  });
  return { asked, ask, flush };
}

test("askers of one moment share one question, and each gets its own answer", async () => {
  const { asked, ask } = desk(5);
  expect(await Promise.all([ask(1), ask(2), ask(3)])).toEqual([10, 20, 30]);
  expect(await ask(4)).toBe(40);
  expect(asked).toEqual([[1, 2, 3], [4]]);
});

test("without a moment nobody waits for another", async () => {
  const { asked, ask } = desk(0);
  expect(await Promise.all([ask(1), ask(2)])).toEqual([10, 20]);
  expect(asked).toEqual([[1], [2]]);
});

test("a flush asks at once, and what comes later is another question", async () => {
  const { asked, ask, flush } = desk(60_000);
  const first = ask(1);
  await flush();
  expect(await first).toBe(10);
  const second = ask(2);
  await Promise.all([flush(), flush()]);
  expect(await second).toBe(20);
  expect(asked).toEqual([[1], [2]]);
});

test("a failure reaches everyone who asked, and the next question is asked again", async () => {
  const { asked, ask } = desk(5, true);
  const both = await Promise.allSettled([ask(1), ask(2)]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await expect(ask(3)).rejects.toThrow("away");
  expect(asked).toEqual([[1, 2], [3]]);
});

test("one question at a time: who asks while one is under way shares the next", async () => {
  const answers: PromiseWithResolvers<void>[] = [];
  const asked: (readonly number[])[] = [];
  const { ask, flush } = gathered(
    60_000,
    async (items: readonly number[]) => {
      asked.push(items);
      const answer = Promise.withResolvers<void>();
      answers.push(answer);
      await answer.promise;
      return items.map((item) => item * 10);
    },
    "one at a time",
  );
  const given = [ask(1)];
  const flushed = [flush()];
  await Promise.resolve();
  for (const item of [2, 3]) {
    given.push(ask(item));
    flushed.push(flush());
  }
  await Promise.resolve();
  expect(asked).toEqual([[1]]);
  answers[0]?.resolve();
  expect(await given[0]).toBe(10);
  await flushed[0];
  expect(asked).toEqual([[1], [2, 3]]);
  answers[1]?.resolve();
  expect(await Promise.all(given)).toEqual([10, 20, 30]);
  await Promise.all(flushed);
});
