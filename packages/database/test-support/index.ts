// What other packages' tests may use of this room: `import { scratchDatabase } from "@packetboat/database/testing"`.
export * from "./scratch.ts";
