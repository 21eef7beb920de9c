// The judge on trial: the random lives kill every mutant of the planner within so many seeds, and let the planner itself live through the very
// lives that killed (mirror-interleave.sim.test.ts has it live through many others; a soak, through all). Each mutant lives in a process of its
// own (mutants/register.ts), two at a time; a survivor shows a hole in the judge.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { beforeAll, describe, expect, test } from "vitest";
import { MUTANTS, type Mutant } from "./mutants/table.ts";
import { judge, KINDS, type KindName } from "./two-lives.ts";

const SEEDS = 100;
const soak = process.env.PACKETBOAT_SOAK !== undefined;
const AT_ONCE = 2;

interface Killed {
  readonly kind?: KindName;
  readonly seed: number;
  readonly failed?: string;
}

/** Lives the seeds until one fails; gives the line that tells it, or the last one. Throws when it could not be lived at all. */
async function lived(kind: KindName, mutant: Mutant | null): Promise<Killed> {
  const register = mutant === null ? [] : ["--import", `${import.meta.dirname}/mutants/register.ts`];
  const program = `${import.meta.dirname}/commands/lives.ts`;
  const child = spawn(process.execPath, [...register, program, "--kinds", kind, "--seeds", String(SEEDS), "--first"], {
    env: { ...process.env, PACKETBOAT_MUTANT: mutant?.name },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 50_000,
  });
  const [out, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  if (code !== 0) throw new Error(`${mutant?.name ?? kind} ended with ${code}: ${errors}`);
  const lines = out.trim().split("\n");
  return JSON.parse(lines.find((line) => line.includes('"failed"')) ?? lines.at(-1) ?? "{}") as Killed;
}

const TRIED = soak ? [...new Set(MUTANTS.map(({ kind }) => kind))] : [];
const outcomes = new Map<string, Promise<Killed>>();

beforeAll(() => {
  const lanes: Promise<unknown>[] = Array.from({ length: AT_ONCE }, () => Promise.resolve());
  const trials = [
    ...TRIED.map((kind) => ({ name: `none ${kind}`, kind, mutant: null })),
    ...MUTANTS.map((mutant) => ({ name: mutant.name, kind: mutant.kind, mutant })),
  ];
  for (const [at, { name, kind, mutant }] of trials.entries()) {
    const outcome = (lanes[at % AT_ONCE] as Promise<unknown>).then(() => lived(kind, mutant));
    outcomes.set(name, outcome);
    lanes[at % AT_ONCE] = outcome.catch(() => undefined); // thrown where it is awaited
  }
});

describe("the judge", () => {
  for (const kind of TRIED)
    test(`lets the planner live through ${SEEDS} lives: ${kind}`, async () => {
      expect(await outcomes.get(`none ${kind}`)).not.toHaveProperty("failed");
    });

  for (const { name, breaks, kind } of MUTANTS)
    test(`kills "${name}" (${breaks}), and not the planner`, async () => {
      const killed = await outcomes.get(name);
      expect(killed, `the mutant survived ${SEEDS} seeds`).toHaveProperty("failed");
      console.log(`killed "${name}": judge(${killed?.seed}, KINDS.${killed?.kind}): ${killed?.failed}`);
      await judge(killed?.seed ?? 0, KINDS[kind]);
    });
});
