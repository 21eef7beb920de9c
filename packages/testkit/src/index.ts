// What suites may take from the testkit. A list of exports and nothing else.

export type { LogLine, SnapshotMailbox, SnapshotMessage } from "./archive/history.ts";
export { type LiveMessage, MemoryArchive, type MemoryArchiveOptions } from "./archive/memory-archive.ts";
export { archiveContract } from "./contracts/archive-contract.ts";
export type { ArchiveInspect, ArchiveUnderTest } from "./contracts/archive-fixture.ts";
export {
  type AppendedAs,
  modelHands,
  type UserHands,
  type WireHands,
  type WireHandsOptions,
  type Witnessed,
  wireHands,
} from "./contracts/hands.ts";
export { remoteContract } from "./contracts/remote-contract.ts";
export type { RemoteTraits, RemoteUnderTest } from "./contracts/remote-fixture.ts";
export { remoteWriteContract } from "./contracts/remote-write-contract.ts";
export { type WatchTraits, type WatchUnderTest, watchContract } from "./contracts/watch-contract.ts";
export type { WriterTraits, WriterUnderTest } from "./contracts/write-fixture.ts";
export { type CorpusMessage, corpusDirectory, corpusMessages, splitMbox, withCrlf } from "./mail/corpus.ts";
export { type GeneratedMessage, generateMail, type MailProfile, PROFILES } from "./mail/generate.ts";
export { cachedMaildir, importMaildir, loadProfile, type MaildirTree, writeMaildir } from "./mail/maildir.ts";
export { type Random, seeded } from "./mail/random.ts";
export {
  type CountingProxy,
  type CutPlace,
  type Held,
  startProxy,
  type TranscriptEntry,
  type WireCounts,
} from "./proxy/counting.ts";
export { type Poisoned, startPoisoned } from "./proxy/poisoned.ts";
export {
  HOSTILE,
  POLITE_ANSWERS,
  type ScriptedOptions,
  type ScriptedServer,
  type ScriptStep,
  startScripted,
} from "./proxy/scripted.ts";
export { type Certificate, type CertificateOptions, makeCertificate } from "./servers/certificate.ts";
export { command, freePorts, mustRun, type Outcome, until } from "./servers/commands.ts";
export { type Courier, type CourierOptions, startCourier } from "./servers/courier.ts";
export { type Cyrus, type CyrusOptions, startCyrus } from "./servers/cyrus.ts";
export {
  DOVECOT_CAPABILITIES,
  type Dovecot,
  type DovecotOptions,
  MASTER_USER,
  startDovecot,
} from "./servers/dovecot.ts";
export { type IdentityProvider, startIdentityProvider } from "./servers/identity.ts";
export { muttCount } from "./servers/mutt.ts";
export { libraryNames, type Unpacked, unpack } from "./servers/packages.ts";
export { type Credentials, PASSWORD, type ServerOptions, type TestServer } from "./servers/server.ts";
export { orSkip, ServerUnavailable } from "./servers/unavailable.ts";
export { judgeDigests } from "./simulator/digests.ts";
export type { Fault, FaultKind, Point, WriteFault, WritingCall } from "./simulator/faults.ts";
export {
  type AppendOptions,
  judgeFlags,
  type ModelOptions,
  ServerModel,
  type SimListed,
  type SimMailbox,
  type SimMessage,
  type SimNamespace,
} from "./simulator/model.ts";
export {
  type SimulatedRemote,
  simulatedRemote,
} from "./simulator/remote.ts";
export { randomUser, type SeededFaultsOptions, seededFaults } from "./simulator/seeded-faults.ts";
export { type SeededWriteFaultsOptions, seededWriteFaults } from "./simulator/seeded-write-faults.ts";
export type { SimCapabilities, SimCounts, SimulatedRemoteOptions } from "./simulator/session.ts";
export { type SimulatedWriter, type SimulatedWriterOptions, simulatedWriter } from "./simulator/writer.ts";
export {
  type Answer,
  fetchItems,
  type ListedMailbox,
  textOf,
  type Untagged,
  WireClient,
  type WireMailbox,
  type WireMessage,
  WireRefused,
  type WireTarget,
} from "./wire/client.ts";
export { fromWireName, quoted, toWireName } from "./wire/names.ts";
export { parseValues, type ResponseParts, ResponseReader, type Value } from "./wire/reader.ts";
export { startWireServer, WIRE_CAPABILITIES, type WireServer, type WireServerOptions } from "./wire-server/server.ts";
export type { WireFault, WireFaultKind } from "./wire-server/wire-faults.ts";
