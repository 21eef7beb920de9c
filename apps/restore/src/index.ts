// The door of the restore app: the commands that read archives back and fill them from files. The worker's command table hands it the frame it
// runs in.
export { defineImport, defineLog, defineRestore } from "./command.ts";
export type { Frame, RestoreHost } from "./host.ts";
export { defineWeb } from "./web-command.ts";
