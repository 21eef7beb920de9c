// The door of what is declared. A schema library and a YAML parser come with it, so it is loaded by loadDeclared (../index.ts) only.
export { printedSample, printedSchema } from "./publish.ts";
export { readDeclaration } from "./read.ts";
