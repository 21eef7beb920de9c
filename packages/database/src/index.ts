// The door of database: the way to Postgres, embedded or not, its migrations and its leases. Test support is under /testing.
export { type Ask, askWorkers, hearAsks, readAsk } from "./asks.ts";
export * from "./connect.ts";
export * from "./disk.ts";
export { dumpSchema } from "./dump-schema.ts";
export { embeddedUrl, type StopOutcome, stopEmbedded } from "./embedded.ts";
export * from "./errors.ts";
export { type Gathered, gathered } from "./gathered.ts";
export { EMBEDDED_MAJOR, type HomeLayout, homePath, layoutOf, prepareHome } from "./home.ts";
export { keptLeases, type LeaseSource } from "./kept-leases.ts";
export {
  acquireLease,
  assertFence,
  FENCE_SQL,
  type Fence,
  type Lease,
  type LeaseOptions,
  leaseLost,
} from "./lease.ts";
export * from "./migrate.ts";
