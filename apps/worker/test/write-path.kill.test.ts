// SIGKILL at every step of the write path of the real program between two real servers (S1): the same line again, and both accounts are what
// an undisturbed run makes of them; once more, and nothing changes on either server. A step that is never reached fails its test.
import { type Dovecot, orSkip, startDovecot } from "@packetboat/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CommandReport } from "../src/display/report.ts";
import { killedAt, openPair, type Pair, type Prepared } from "./killed.ts";
import { prepare } from "./scenes.ts";
import { STEPS, type Step } from "./write-path.ts";

const HIDDEN = ["MOVE", "UIDPLUS", "MULTIAPPEND", "LITERAL+", "QRESYNC"];
const steps = STEPS.filter(({ always }) => always || process.env.PACKETBOAT_SOAK !== undefined);

/** What an undisturbed run makes of a scene. */
interface End {
  readonly sides: readonly unknown[];
  readonly archived: readonly string[];
}

interface Stage extends Prepared {
  readonly end: End;
}

const stages = new Map<string, Stage>();
const stageOf = ({ scene = "changed", lesser }: Step): string => `${scene}-${lesser ? "lesser" : "full"}`;
const house = new AsyncDisposableStack();
let skipped = "";

/** Both accounts without UIDs: a run that was killed and one that was not give other numbers. */
async function endOf(pair: Pair): Promise<End> {
  const sides = (await pair.look()).map(({ holds, subscribed }) => ({ holds, subscribed }));
  return { sides, archived: await pair.archived() };
}

async function must(pair: Pair): Promise<CommandReport> {
  const { code, stdout, stderr } = await pair.run();
  if (code !== 0) throw new Error(`ended with ${code}: ${stdout}${stderr}`);
  const told = JSON.parse(stdout) as CommandReport | { readonly sync: CommandReport };
  return "sync" in told ? told.sync : told;
}

async function setStage(a: Dovecot, b: Dovecot, step: Step): Promise<void> {
  const name = stageOf(step);
  if (stages.has(name)) return;
  const prepared = house.use(await prepare({ a, b }, step.scene ?? "changed", name));
  await using undisturbed = await openPair(prepared);
  await must(undisturbed);
  stages.set(name, { ...prepared, end: await endOf(undisturbed) });
}

beforeAll(async () => {
  const start = (hide: readonly string[]) => startDovecot({ hide });
  const servers = await orSkip(
    (note) => {
      skipped = note;
    },
    () => Promise.all([start([]), start([]), start(HIDDEN)]),
  );
  if (servers === undefined) return;
  const [a, full, lesser] = servers.map((server) => house.use(server)) as [Dovecot, Dovecot, Dovecot];
  for (const step of steps) await setStage(a, step.lesser ? lesser : full, step);
}, 120_000);
afterAll(() => house.disposeAsync());

describe("S1 P6 killed between two servers", () => {
  test("ten steps in every run, each step once", () => {
    expect(STEPS.filter(({ always }) => always)).toHaveLength(10);
    expect(new Set(STEPS.map(({ name }) => name)).size).toBe(STEPS.length);
  });

  test.concurrent.for(steps)("$name", async (step, { skip }) => {
    const stage = stages.get(stageOf(step));
    if (stage === undefined) return skip(skipped);
    await using pair = await openPair(stage);
    await killedAt(pair, step);
    await must(pair);
    expect(await endOf(pair)).toEqual(stage.end);
    const before = await pair.look();
    const { totals } = await must(pair);
    expect(await pair.look()).toEqual(before);
    expect({ ...totals, observed: 0 }).toEqual(Object.fromEntries(Object.keys(totals).map((key) => [key, 0])));
  });
});
