// The door of the restore app: the command that reads archives back. The worker's command table hands it the frame it runs in.
export { defineRestore } from "./command.ts";
export type { Frame, RestoreHost } from "./host.ts";
