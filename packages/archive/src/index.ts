// The door of archive: what the engine and the apps may use of it. Nothing here loads drizzle.
export * from "./access/index.ts";
export { readBodies, readBody, wholeBodies } from "./bodies.ts";
export type { StoredBody } from "./body-batches.ts";
export {
  type Account,
  type AccountKey,
  type AccountSignIn,
  createAccount,
  dropSecret,
  findAccount,
  getAccount,
  keepSecret,
  listAccounts,
  readSecret,
  removeAccount,
  setAccountSettings,
} from "./catalog/accounts.ts";
export * from "./catalog/archives.ts";
export { type Entrances, openEntrances } from "./catalog/entrances.ts";
export * from "./catalog/held.ts";
export * from "./catalog/holds.ts";
export * from "./catalog/linked-account.ts";
export {
  accountName,
  createLink,
  findLink,
  getLink,
  type LinkChange,
  type LinkInfo,
  listLinks,
  type NewLink,
  removeLink,
  setLink,
} from "./catalog/links.ts";
export { type Loss, lossesSince } from "./catalog/losses.ts";
export * from "./catalog/one-sided.ts";
export * from "./catalog/run-series.ts";
export * from "./catalog/runs.ts";
export * from "./catalog/schedules.ts";
export * from "./catalog/sent.ts";
export * from "./catalog/sign-ins.ts";
export * from "./catalog/standing.ts";
export * from "./catalog/status.ts";
export { countStorage, type StorageDay, storageDays } from "./catalog/storage.ts";
export * from "./catalog/undone.ts";
export { addUsage, dayUsage, usageOfAll, usageOn } from "./catalog/usage.ts";
export * from "./catalog/watched.ts";
export { messagesHeld } from "./counts.ts";
export { type Desk, openDesk } from "./desk.ts";
export {
  type DifferencePlace,
  type DifferenceRequest,
  type DifferingMessage,
  differingMessages,
} from "./difference.ts";
export { differenceOf, type MailboxDifference, mailboxDifferenceOf, type Placed } from "./difference-kinds.ts";
export {
  DUMPED_TABLES,
  type Dumped,
  type DumpOptions,
  type DumpProgress,
  dumpDatabase,
  loadDatabase,
  type TransferOptions,
} from "./dump.ts";
export { dumpToFile, loadFromFile } from "./dump-file.ts";
export * from "./export-reading.ts";
export { fetchAgain } from "./fetch-again.ts";
export { Filing } from "./filing.ts";
export { executeForget, type ForgetOptions, type ForgetPlan, type Forgotten, planForget } from "./forget.ts";
export * from "./history.ts";
export { type ArchiveImport, type Imported, type ImportMailbox, type ImportMessage, openImport } from "./import.ts";
export { type JobLock, type JobLocks, openJobLocks } from "./jobs/job-locks.ts";
export {
  cancelJob,
  createJob,
  endLost,
  forgetJob,
  getJob,
  type Job,
  type JobChange,
  type JobKind,
  listJobs,
  moveJob,
  noteProgress,
  sweepJobs,
} from "./jobs/jobs.ts";
export { isAtWork, TOLD_STATES, type ToldState } from "./jobs/states.ts";
export * from "./message-history.ts";
export { LARGE_MAILBOX, newestMessages } from "./newest.ts";
export * from "./order.ts";
export { type OpenArchiveOptions, openArchive } from "./postgres-archive.ts";
export { mailboxesBetween } from "./queries/undo.ts";
export * from "./reader.ts";
export type { SearchHit } from "./search/hits.ts";
export {
  archivesToIndex,
  type IndexBatch,
  type IndexedPartly,
  type IndexLock,
  type IndexStanding,
  indexedPartly,
  indexStanding,
  lockIndexing,
  type NewContent,
  nextToIndex,
  rebuildIndex,
  storeIndexed,
  tidyIndex,
} from "./search/indexing.ts";
export { type MatchingRequest, matchingMessages } from "./search/matching.ts";
export { type SearchPage, type SearchRequest, searchMessages } from "./search/search.ts";
export type { Selection, UndoSelection } from "./selection.ts";
export type { ArchiveSettings } from "./session.ts";
export { copySnapshot, type SnapshotCopy } from "./snapshot-copy.ts";
export { countsAmong, homesOf, type Sendable, selectedMailboxesAt, sendableAt } from "./snapshot-selection.ts";
export { type Swept, sweepOrphans } from "./sweep.ts";
export { erasuresOf, type Tally, talliesOf } from "./tallies.ts";
export {
  executeUndo,
  isEmptyUndo,
  planUndo,
  type UndoCounts,
  type Undone,
  type UndoOptions,
  type UndoPlan,
  type UndoRequest,
} from "./undo.ts";
export { type UndoSending, undoSending } from "./undo-sending.ts";
export { type Unknown, unknownTo } from "./unknown-to.ts";
export * from "./verify.ts";
