// The door of the engine: one pass over one link, told as events, ending in a report.
export { type Company, openCompany } from "./company.ts";
export type { RunContext } from "./context.ts";
export type { RunEvent } from "./events.ts";
export { type LinkRun, openRun, type RunResult, runLink } from "./run.ts";
export { totals } from "./tally.ts";
