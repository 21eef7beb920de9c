// The records of a zip archive as we write them (PKWARE's APPNOTE 6.3.9): sizes stand before the bytes, names are UTF-8, dates are exact to
// the second (Info-ZIP's extended timestamp), and where numbers grow beyond 32 bits zip64 records carry them. Pure.

export const STORED = 0;
export const DEFLATED = 8;

export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  /** Bytes as they lie in the archive. */
  readonly packed: number;
  /** Bytes of the file. */
  readonly size: number;
  /** Milliseconds since 1970; null: none. */
  readonly modified: number | null;
  /** Written before it is known how large it is: the sizes follow its bytes. Default: they stand before them. */
  readonly streamed?: boolean;
}

export const LOCAL_SIGNATURE = 0x04034b50;
const CENTRAL_SIGNATURE = 0x02014b50;
/** Bytes of a local header before its name. */
export const LOCAL_BYTES = 30;
const UTF8_NAMES = 0x0800;
/** Checksum and sizes follow the bytes (4.4.4, bit 3). */
const SIZES_FOLLOW = 0x0008;
const flagsOf = ({ streamed }: ZipEntry): number => (streamed === true ? UTF8_NAMES | SIZES_FOLLOW : UTF8_NAMES);
const VERSION = 45;
/** Unix, so that modes are believed: a plain file, readable and writable by its owner. */
const MADE_BY = (3 << 8) | VERSION;
const MODE = (0o100600 << 16) >>> 0;
/** A directory, for MS-DOS too. */
const DIRECTORY_MODE = ((0o040700 << 16) | 0x10) >>> 0;
const MAX_32 = 0xffff_ffff;
const MAX_16 = 0xffff;
const TIMESTAMP_BYTES = 9;

/** The header before an entry's bytes. Its length depends on name and date only, so it can be written over when sizes are known. */
export function localHeader(entry: ZipEntry): Buffer {
  const name = Buffer.from(entry.name);
  // What is streamed may grow beyond 32 bits, so its sizes are announced as wide ones (4.3.9.2).
  const wide = entry.streamed === true ? wideNumbers([0, 0]) : Buffer.alloc(0);
  const stamp = Buffer.concat([wide, timestamp(entry.modified)]);
  const head = Buffer.alloc(LOCAL_BYTES);
  head.writeUInt32LE(LOCAL_SIGNATURE, 0);
  head.writeUInt16LE(VERSION, 4);
  head.writeUInt16LE(flagsOf(entry), 6);
  head.writeUInt16LE(entry.method, 8);
  head.writeUInt32LE(dosTime(entry.modified), 10);
  head.writeUInt32LE(entry.crc, 14);
  head.writeUInt32LE(entry.streamed === true ? MAX_32 : entry.packed, 18);
  head.writeUInt32LE(entry.streamed === true ? MAX_32 : entry.size, 22);
  head.writeUInt16LE(name.length, 26);
  head.writeUInt16LE(stamp.length, 28);
  return Buffer.concat([head, name, stamp]);
}

/** What follows the bytes of an entry that was streamed. */
export function dataDescriptor({ crc, packed, size }: Pick<ZipEntry, "crc" | "packed" | "size">): Buffer {
  const record = Buffer.alloc(24);
  record.writeUInt32LE(0x08074b50, 0);
  record.writeUInt32LE(crc, 4);
  record.writeBigUInt64LE(BigInt(packed), 8);
  record.writeBigUInt64LE(BigInt(size), 16);
  return record;
}

/** The entry's line in the directory at the end. `offset`: where its local header begins. */
export function centralRecord(entry: ZipEntry, offset: number): Buffer {
  const name = Buffer.from(entry.name);
  const numbers = [entry.size, entry.packed, offset];
  const wide = numbers.filter((number) => number >= MAX_32);
  const extra = Buffer.concat([wide.length === 0 ? Buffer.alloc(0) : wideNumbers(wide), timestamp(entry.modified)]);
  const head = Buffer.alloc(46);
  head.writeUInt32LE(CENTRAL_SIGNATURE, 0);
  head.writeUInt16LE(MADE_BY, 4);
  head.writeUInt16LE(VERSION, 6);
  head.writeUInt16LE(flagsOf(entry), 8);
  head.writeUInt16LE(entry.method, 10);
  head.writeUInt32LE(dosTime(entry.modified), 12);
  head.writeUInt32LE(entry.crc, 16);
  head.writeUInt32LE(Math.min(entry.packed, MAX_32), 20);
  head.writeUInt32LE(Math.min(entry.size, MAX_32), 24);
  head.writeUInt16LE(name.length, 28);
  head.writeUInt16LE(extra.length, 30);
  head.writeUInt32LE(entry.name.endsWith("/") ? DIRECTORY_MODE : MODE, 38);
  head.writeUInt32LE(Math.min(offset, MAX_32), 42);
  return Buffer.concat([head, name, extra]);
}

/** Numbers of 64 bits, in the order in which their places have them (4.5.3). */
function wideNumbers(numbers: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * numbers.length);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8 * numbers.length, 2);
  for (const [at, number] of numbers.entries()) extra.writeBigUInt64LE(BigInt(number), 4 + 8 * at);
  return extra;
}

/** What ends the archive. `offset` and `size` are those of the directory. */
export function endOfZip(count: number, size: number, offset: number): Buffer {
  const wide = count >= MAX_16 || size >= MAX_32 || offset >= MAX_32;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, MAX_16), 8);
  end.writeUInt16LE(Math.min(count, MAX_16), 10);
  end.writeUInt32LE(Math.min(size, MAX_32), 12);
  end.writeUInt32LE(Math.min(offset, MAX_32), 16);
  return wide ? Buffer.concat([zip64End(count, size, offset), end]) : end;
}

function zip64End(count: number, size: number, offset: number): Buffer {
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(MADE_BY, 12);
  record.writeUInt16LE(VERSION, 14);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(size), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + size), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator]);
}

/** Seconds since 1970 in UTC; nothing for a date that 32 bits do not hold. */
function timestamp(modified: number | null): Buffer {
  const seconds = modified === null ? Number.NaN : Math.floor(modified / 1000);
  if (!(seconds >= -0x8000_0000 && seconds <= 0x7fff_ffff)) return Buffer.alloc(0);
  const extra = Buffer.alloc(TIMESTAMP_BYTES);
  extra.writeUInt16LE(0x5455, 0);
  extra.writeUInt16LE(5, 2);
  extra.writeUInt8(1, 4);
  extra.writeInt32LE(seconds, 5);
  return extra;
}

/** MS-DOS knows the years 1980 to 2107; programs that read the timestamp do not ask this. Time in the low half. */
function dosTime(modified: number | null): number {
  const date = new Date(modified ?? Number.NaN);
  const year = date.getUTCFullYear();
  if (!(year >= 1980 && year <= 2107)) return 0x0021 << 16;
  const day = ((year - 1980) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate();
  const time = (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1);
  return ((day << 16) | time) >>> 0;
}
