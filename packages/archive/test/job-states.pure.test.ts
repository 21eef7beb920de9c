// The states of jobs: a table, in which a missing cell does not compile.
import { expect, it } from "vitest";
import { isAtWork, type JobState, mayBecome, toldState } from "../src/jobs/states.ts";

// Which states a job may come from; behind the bar: also where somebody finds that nobody holds it.
const FROM: Record<JobState, string> = {
  waiting: "planned done partial failed cancelled | waiting looking running",
  looking: "waiting | looking running",
  planned: "looking | waiting running",
  running: "waiting looking planned done partial failed cancelled | running",
  done: "running | waiting looking",
  partial: "running | waiting looking",
  failed: "waiting looking running |",
  cancelled: "waiting looking planned running |",
};

it.each(Object.entries(FROM) as [JobState, string][])("%s follows what it may", (state, text) => {
  const [held = "", taken = ""] = text.split("|").map((part) => part.trim());
  const words = (part: string): readonly string[] => part.split(" ").filter((word) => word !== "");
  expect([...mayBecome(state, false)].sort()).toEqual([...words(held)].sort());
  expect([...mayBecome(state, true)].sort()).toEqual([...words(held), ...words(taken)].sort());
});

it("what is at work and held by nobody was interrupted", () => {
  const told = (Object.keys(FROM) as JobState[]).map((state) => [toldState(state, true), toldState(state, false)]);
  expect(told.filter(([held, free]) => held !== free)).toEqual([
    ["waiting", "interrupted"],
    ["looking", "interrupted"],
    ["running", "interrupted"],
  ]);
  expect((["waiting", "looking", "running", "planned", "done", "interrupted"] as const).filter(isAtWork)).toEqual([
    "waiting",
    "looking",
    "running",
  ]);
});
