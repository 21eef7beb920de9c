// The door of core: values, decisions and the two ports. Nothing here does anything.
export * from "./errors.ts";
export * from "./flags.ts";
export * from "./ids.ts";
export * from "./uidset.ts";
