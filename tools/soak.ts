// Loaded by vitest when PACKETBOAT_SOAK is set: every property runs that many cases instead of fast-check's hundred.
import { configureGlobal } from "fast-check";

configureGlobal({ numRuns: Number(process.env.PACKETBOAT_SOAK), interruptAfterTimeLimit: 600_000 });
