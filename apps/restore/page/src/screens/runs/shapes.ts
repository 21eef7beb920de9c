// Halts as the API gives them.
import type { Answer } from "../../api/shapes.ts";

export type Halt = Answer<"get", "/halts">["halts"][number];
