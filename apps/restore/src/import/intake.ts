// The messages of a source on their way into an archive: gathered into batches, counted, given to the writer; one batch is written while the
// next is read. What is in memory is two batches, and sixteen bytes for each message that was read. It must never end for one message that
// cannot be read, nor count one twice.
import type { ArchiveImport, ImportMailbox, ImportMessage } from "@packetboat/archive";
import { digestsOf, type MailboxId, type MailboxPath, pathKey, sha256, showPath } from "@packetboat/core";
import { DigestTable, type SourceFailure, type SourceItem, type SourceMessage } from "@packetboat/formats";
import { type Placing, placed } from "./sources.ts";

const BATCH_MESSAGES = 500;
const BATCH_BYTES = 16 * 1_048_576;
/** More are counted only. */
const MOST_FAILURES = 10_000;

export interface MailboxTally {
  readonly mailbox: string;
  added: number;
  addedBytes: number;
  alreadyThere: number;
}

export interface IntakeTotals {
  /** Messages of the source; one in two mailboxes counts twice. */
  readonly messages: number;
  readonly bytes: number;
  readonly added: number;
  readonly addedBytes: number;
  readonly alreadyThere: number;
  /** The source itself holds them as removed. */
  readonly leftOut: number;
}

export interface IntakeOptions {
  readonly placing: Placing;
  /** Null: a dry run into an archive that does not exist; all of it would be new. */
  readonly into: ArchiveImport | null;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  /** Called before each batch is written. */
  readonly beforeWrite: () => void;
  readonly onProgress: (totals: IntakeTotals) => void;
}

/** A message with the mailbox it is to go to by name; its id is known when the mailbox is made. */
interface Waiting {
  readonly key: string;
  readonly message: Omit<ImportMessage, "mailboxId">;
}

/** Made for one command; sources are read into it one after the other. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #seen = new DigestTable();
  readonly #failures: SourceFailure[] = [];
  #failed = 0;
  readonly #mailboxes = new Map<string, ImportMailbox>();
  readonly #tallies = new Map<string, MailboxTally>();
  #ids: ReadonlyMap<string, MailboxId> | null = null;
  #fresh: ImportMailbox[] = [];
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #messages = 0;
  #bytes = 0;
  #leftOut = 0;
  #revision: number | null = null;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** The first of them; `failed` counts all. */
  get failures(): readonly SourceFailure[] {
    return this.#failures;
  }

  get failed(): number {
    return this.#failed;
  }

  /** By name. */
  get mailboxes(): readonly MailboxTally[] {
    return [...this.#tallies.values()].sort((a, b) => (a.mailbox < b.mailbox ? -1 : 1));
  }

  /** Of the last batch that added anything; null: none did. */
  get revision(): number | null {
    return this.#revision;
  }

  get totals(): IntakeTotals {
    const sum = { added: 0, addedBytes: 0, alreadyThere: 0 };
    for (const { added, addedBytes, alreadyThere } of this.#tallies.values()) {
      sum.added += added;
      sum.addedBytes += addedBytes;
      sum.alreadyThere += alreadyThere;
    }
    return { messages: this.#messages, bytes: this.#bytes, leftOut: this.#leftOut, ...sum };
  }

  /** Reads a source to its end. Throws what the writer throws, and the reason of an aborted signal. */
  async read(items: AsyncIterable<SourceItem>): Promise<void> {
    try {
      for await (const item of items) {
        this.#options.signal.throwIfAborted();
        await this.#take(item);
      }
      await this.#write();
      await this.#writing;
    } finally {
      await this.#writing.catch(() => undefined); // thrown above, where it was waited for
    }
  }

  async #take(item: SourceItem): Promise<void> {
    switch (item.kind) {
      case "failed":
        this.#failed++;
        if (this.#failures.length < MOST_FAILURES) this.#failures.push(item);
        return;
      case "mailbox":
        this.#meet(item.path, item.role, item.subscribed);
        return;
      case "message":
        if (item.mailboxes.length === 0) this.#leftOut++;
        else await this.#takeMessage(item);
    }
  }

  /** Gives the key of the mailbox that one of the source becomes. */
  #meet(path: MailboxPath, role: ImportMailbox["role"] = null, subscribed = true): string {
    const { placing } = this.#options;
    const target = placed(path, placing);
    const key = pathKey(target);
    if (!this.#mailboxes.has(key)) {
      // A role is of the mailbox that had it, not of whatever takes its mail.
      const mailbox = { path: target, role: placing.mailbox === undefined ? role : null, subscribed };
      this.#mailboxes.set(key, mailbox);
      this.#tallies.set(key, { mailbox: showPath(target), added: 0, addedBytes: 0, alreadyThere: 0 });
      this.#fresh.push(mailbox);
    }
    return key;
  }

  async #takeMessage({ mailboxes, bytes, flags, internalDate }: SourceMessage): Promise<void> {
    const digests = digestsOf(bytes);
    const keys = new Set(mailboxes.map((path) => this.#meet(path)));
    for (const key of keys) {
      const ordinal = this.#seen.add(sha256(Buffer.from(`${digests.canonical} ${key}`)));
      this.#waiting.push({ key, message: { digests, ordinal, bytes, internalDate, flags } });
      this.#messages++;
      this.#bytes += bytes.length;
    }
    this.#waitingBytes += bytes.length;
    if (this.#waiting.length >= BATCH_MESSAGES || this.#waitingBytes >= BATCH_BYTES) await this.#write();
  }

  /** Hands the batch over when the one before is written. */
  async #write(): Promise<void> {
    const batch = this.#waiting;
    const fresh = this.#fresh;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#fresh = [];
    await this.#writing;
    this.#writing = this.#writeBatch(batch, fresh);
    this.#writing.catch(() => undefined); // thrown where it is waited for
  }

  async #writeBatch(batch: readonly Waiting[], fresh: readonly ImportMailbox[]): Promise<void> {
    const { into, dryRun, beforeWrite } = this.#options;
    if (into === null) {
      for (const { key, message } of batch) this.#count(key, message, true);
      this.#tell();
      return;
    }
    if (!dryRun) beforeWrite();
    if (fresh.length > 0 || this.#ids === null) this.#ids = await (dryRun ? into.known() : into.mailboxes(fresh));
    const ids = this.#ids;
    const known = batch.flatMap(({ key, message }) => {
      const mailboxId = ids.get(key);
      return mailboxId === undefined ? [] : [{ key, message: { ...message, mailboxId } }];
    });
    const messages = known.map(({ message }) => message);
    const added = new Set(dryRun ? await into.missing(messages) : await this.#add(into, messages));
    for (const { key, message } of known) this.#count(key, message, added.has(message));
    // In a dry run their mailboxes would be made first.
    for (const { key, message } of batch) if (!ids.has(key)) this.#count(key, message, true);
    this.#tell();
  }

  async #add(into: ArchiveImport, messages: readonly ImportMessage[]): Promise<readonly ImportMessage[]> {
    const { added, revision } = await into.add(messages);
    this.#revision = revision ?? this.#revision;
    return added;
  }

  #count(key: string, { bytes }: Pick<ImportMessage, "bytes">, isNew: boolean): void {
    const tally = this.#tallies.get(key);
    if (tally === undefined) return;
    if (isNew) {
      tally.added++;
      tally.addedBytes += bytes.length;
    } else tally.alreadyThere++;
  }

  #tell(): void {
    this.#options.onProgress(this.totals);
  }
}
