// An opened message as the API gives it.
import type { Answer } from "../../../api/shapes.ts";

export type Opened = Answer<"get", "/archives/{archive}/messages/{message}/view">;
