// Two accounts with some mail, brought in step through one archive: what the scenes of mirrors begin with and look at. The same mail for all of
// them, so that each scene tells only what people do then.
import type { ServerModel } from "@packetboat/testkit";
import { expect } from "vitest";
import { exactly, Fleet } from "./rounds.ts";

const text = (n: number | string): string => `Subject: ${n}\r\nMessage-ID: <${n}@sim>\r\n\r\nbody of ${n}\r\n`;
const date = (n: number): number => 1_700_000_000_000 + n * 1_000;

export function fill(model: ServerModel, name: string, ...numbers: number[]): void {
  if (!model.find(name)) model.create(name);
  for (const n of numbers)
    model.append(name, text(n), { internalDate: date(n), flags: n % 2 ? ["\\Seen"] : ["$Even"] });
}

/** Two accounts that hold overlapping mail, brought in step. */
export async function pair(options: Parameters<Fleet["add"]>[1] = {}) {
  const fleet = new Fleet();
  const a = fleet.add("a", options);
  const b = fleet.add("b", options);
  fill(a, "INBOX", 1, 2, 3, 4);
  fill(a, "Work", 5, 6);
  fill(b, "INBOX", 3, 4, 7);
  fill(b, "Lists", 8);
  await fleet.settle();
  return { fleet, a, b };
}

/** The UIDs of a message in a mailbox. */
export const uidOf = (model: ServerModel, name: string, n: number): number[] =>
  [...model.get(name).messages.values()]
    .filter(({ bytes }) => bytes.toString().includes(`<${n}@sim>`))
    .map(({ uid }) => uid);

/** After a settled round nothing may happen any more, on either server. */
export async function still(fleet: Fleet): Promise<void> {
  const before = fleet.accounts.map(({ model }) => exactly(model));
  const revision = fleet.memory.revision();
  const [round] = await fleet.settle();
  expect(round?.some(({ applied }) => applied)).toBe(false);
  expect(fleet.accounts.map(({ model }) => exactly(model))).toEqual(before);
  expect(fleet.memory.revision()).toBe(revision);
}
