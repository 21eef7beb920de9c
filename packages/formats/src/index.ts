// The door of formats: messages to and from files, streaming.
export {
  type ExportMessage,
  type ExportOutcome,
  type ExportProgress,
  type ExportSubject,
  exportEml,
  type ManifestLine,
} from "./eml.ts";
export { ABOUT, MANIFEST, mailboxDirectories, messageFileName, SUMS, safeSegment } from "./file-names.ts";
export { unfinishedExport } from "./unfinished.ts";
