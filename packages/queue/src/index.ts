// The door of queue: durable jobs and when they are due. Nothing here loads pg-boss until a queue is opened or upgraded.
export type { Backoff } from "./backoff.ts";
export { type OpenQueueOptions, openQueue, upgradeQueue } from "./open-queue.ts";
export * from "./port.ts";
export { checkSchedule, nextRun, type ScheduleTimes } from "./schedule.ts";
export type { UpgradeQueueOptions } from "./upgrade.ts";
