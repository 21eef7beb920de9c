// Orders of mailboxes are made once, and thrown away when there is no room.
import { expect, it } from "vitest";
import { openOrders } from "../src/http/orders.ts";

it("makes each once, keeps what was asked for last, forgets what failed", async () => {
  const made: string[] = [];
  const orders = openOrders(10);
  const ask = (name: string, length: number): Promise<Float64Array> =>
    orders.of(name, async () => {
      made.push(name);
      if (length < 0) throw new Error("no");
      return new Float64Array(length);
    });
  await Promise.all([ask("a", 4), ask("a", 4)]);
  await ask("b", 4);
  await ask("a", 4);
  expect(made).toEqual(["a", "b"]);
  await ask("c", 4);
  await ask("a", 4);
  await ask("b", 4);
  expect(made).toEqual(["a", "b", "c", "b"]);
  expect(await ask("large", 1_000)).toHaveLength(1_000);
  await ask("large", 1_000);
  await ask("a", 4);
  expect(made).toEqual(["a", "b", "c", "b", "large", "a"]);
  await expect(ask("bad", -1)).rejects.toThrow("no");
  await ask("bad", 1);
  expect(made.filter((name) => name === "bad")).toHaveLength(2);
});
