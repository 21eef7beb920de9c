// The door of core: values, decisions and the two ports. Nothing here does anything.
export * from "./base.ts";
export * from "./digest.ts";
export * from "./errors.ts";
export * from "./flags.ts";
export * from "./ids.ts";
export * from "./link.ts";
export * from "./mailbox.ts";
export * from "./observation.ts";
export * from "./ops.ts";
export * from "./ports.ts";
export * from "./report.ts";
export * from "./uidset.ts";
