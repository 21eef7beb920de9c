// Steps in their order, however long each takes to get ready; none behind a failure, and nothing is left at work.
import fc from "fast-check";
import { expect, it } from "vitest";
import { inOrder } from "../src/in-order.ts";

it("run in the order in which they were added, whichever is ready first", async () => {
  const property = fc.asyncProperty(
    fc.array(fc.nat(20)),
    fc.scheduler(),
    fc.option(fc.nat(20)),
    async (values, scheduler, broken) => {
      const done: number[] = [];
      let settled = 0;
      const ready = (i: number): Promise<number> =>
        scheduler
          .schedule(Promise.resolve(i))
          .then((value) => {
            if (value === broken) throw new Error(`broken ${value}`);
            return value;
          })
          .finally(() => settled++);
      const running = inOrder(async ({ add }) => {
        for (const i of values.keys()) add(ready(i), async (value) => done.push(value));
      }).catch((error: unknown) => error);
      await scheduler.waitIdle();
      const outcome = await running;
      const end = broken !== null && broken < values.length ? broken : values.length;
      expect(done).toEqual([...values.keys()].slice(0, end));
      expect(outcome).toEqual(end === values.length ? undefined : new Error(`broken ${broken}`));
      expect(settled).toBe(values.length);
    },
  );
  await fc.assert(property);
});

it("are waited for when the work itself fails, which is what is told then", async () => {
  const late = Promise.withResolvers<void>();
  const done: string[] = [];
  const running = inOrder(async ({ add }) => {
    add(late.promise, async () => done.push("step"));
    throw new Error("work");
  });
  setImmediate(() => late.resolve());
  await expect(running).rejects.toThrow("work");
  expect(done).toEqual(["step"]);
});

it("tell the work that one of them failed, so that it stops", async () => {
  let asked = 0;
  const running = inOrder(async ({ add, check }) => {
    for (; asked < 1_000; asked++) {
      add(Promise.resolve(asked), async (value) => {
        if (value === 5) throw new Error("full");
      });
      await new Promise(setImmediate);
      check();
    }
  });
  await expect(running).rejects.toThrow("full");
  expect(asked).toBe(5);
});
