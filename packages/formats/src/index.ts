// The door of formats: messages to and from files, streaming.
export { exportEml } from "./eml.ts";
export type {
  ExportMailbox,
  ExportMessage,
  ExportOptions,
  ExportOutcome,
  ExportProgress,
  ExportSubject,
  MailboxLine,
  ManifestLine,
} from "./export-frame.ts";
export { ABOUT, MANIFEST, mailboxDirectories, messageFileName, SUMS, safeSegment } from "./file-names.ts";
export { exportMaildir } from "./maildir-export.ts";
export { exportMbox } from "./mbox-export.ts";
export { exportPacked, type PackedFormat } from "./packed-export.ts";
export { DigestTable } from "./read/digest-table.ts";
export { type Origin, openSource, SOURCE_KINDS, type Source, type SourceKind } from "./read/open-source.ts";
export {
  MAX_MESSAGE_BYTES,
  type ReadOptions,
  type SourceFailure,
  type SourceItem,
  type SourceMessage,
} from "./read/source.ts";
export { unfinishedExport } from "./unfinished.ts";
export { exportZip } from "./zip-export.ts";
