// The door of queue: what paces the use of an account. Nothing here is loaded by a run of an account without limits.
export { type AccountLimiter, accountLimiter, type LimiterOptions } from "./limits/limiter.ts";
