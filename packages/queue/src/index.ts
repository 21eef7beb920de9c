// The door of queue: durable jobs and when they are due; what paces the use of an account. Nothing here loads pg-boss until a queue is opened
// or upgraded, nor p-queue until an account turns out to have limits.
export type { Backoff } from "./backoff.ts";
export { type AccountLimiter, accountLimiter, type LimiterOptions } from "./limits/limiter.ts";
export { type OpenQueueOptions, openQueue, upgradeQueue } from "./open-queue.ts";
export * from "./port.ts";
export { checkSchedule, nextRun, type ScheduleTimes } from "./schedule.ts";
export type { UpgradeQueueOptions } from "./upgrade.ts";
