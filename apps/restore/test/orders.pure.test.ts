// Orders of mailboxes are made once, and thrown away when there is no room.
import { expect, it, vi } from "vitest";
import { openOrders } from "../src/http/orders.ts";

it("makes each once, keeps what was asked for last, forgets what failed", async () => {
  const made: string[] = [];
  const orders = openOrders(() => {}, 10);
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

it("makes what nobody waits for one at a time, of those that wait the last, and tells what failed", async () => {
  const failures: unknown[] = [];
  const orders = openOrders((error) => failures.push(error));
  const begun: string[] = [];
  const ends = new Map<string, (order: Float64Array) => void>();
  const { promise: isBegun, resolve: begin } = Promise.withResolvers<void>();
  const make = (name: string) => () => {
    begun.push(name);
    begin();
    return new Promise<Float64Array>((resolve) => ends.set(name, resolve));
  };
  orders.soon("a", make("a"));
  await isBegun;
  orders.soon("b", make("b"));
  orders.soon("c", async () => {
    begun.push("c");
    throw new Error("no");
  });
  expect([begun, orders.made("a")]).toEqual([["a"], null]);
  ends.get("a")?.(new Float64Array(3));
  expect(await orders.of("a", make("again"))).toHaveLength(3);
  await vi.waitUntil(() => failures.length > 0);
  expect([begun, orders.made("a")?.length, orders.made("c")]).toEqual([["a", "c"], 3, null]);
  await orders[Symbol.asyncDispose]();
});
