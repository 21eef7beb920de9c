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
}

export const LOCAL_SIGNATURE = 0x04034b50;
const CENTRAL_SIGNATURE = 0x02014b50;
/** Bytes of a local header before its name. */
export const LOCAL_BYTES = 30;
const UTF8_NAMES = 0x0800;
const VERSION = 45;
/** Unix, so that modes are believed: a plain file, readable and writable by its owner. */
const MADE_BY = (3 << 8) | VERSION;
const MODE = (0o100600 << 16) >>> 0;
const MAX_32 = 0xffff_ffff;
const MAX_16 = 0xffff;
const TIMESTAMP_BYTES = 9;

/** The header before an entry's bytes. Its length depends on name and date only, so it can be written over when sizes are known. */
export function localHeader(entry: ZipEntry): Buffer {
  const name = Buffer.from(entry.name);
  const stamp = timestamp(entry.modified);
  const head = Buffer.alloc(LOCAL_BYTES);
  head.writeUInt32LE(LOCAL_SIGNATURE, 0);
  head.writeUInt16LE(VERSION, 4);
  head.writeUInt16LE(UTF8_NAMES, 6);
  head.writeUInt16LE(entry.method, 8);
  head.writeUInt32LE(dosTime(entry.modified), 10);
  head.writeUInt32LE(entry.crc, 14);
  head.writeUInt32LE(entry.packed, 18);
  head.writeUInt32LE(entry.size, 22);
  head.writeUInt16LE(name.length, 26);
  head.writeUInt16LE(stamp.length, 28);
  return Buffer.concat([head, name, stamp]);
}

/** The entry's line in the directory at the end. `offset`: where its local header begins. */
export function centralRecord(entry: ZipEntry, offset: number): Buffer {
  const name = Buffer.from(entry.name);
  const wide = offset >= MAX_32;
  const extra = wide ? Buffer.concat([wideOffset(offset), timestamp(entry.modified)]) : timestamp(entry.modified);
  const head = Buffer.alloc(46);
  head.writeUInt32LE(CENTRAL_SIGNATURE, 0);
  head.writeUInt16LE(MADE_BY, 4);
  head.writeUInt16LE(VERSION, 6);
  head.writeUInt16LE(UTF8_NAMES, 8);
  head.writeUInt16LE(entry.method, 10);
  head.writeUInt32LE(dosTime(entry.modified), 12);
  head.writeUInt32LE(entry.crc, 16);
  head.writeUInt32LE(entry.packed, 20);
  head.writeUInt32LE(entry.size, 24);
  head.writeUInt16LE(name.length, 28);
  head.writeUInt16LE(extra.length, 30);
  head.writeUInt32LE(MODE, 38);
  head.writeUInt32LE(wide ? MAX_32 : offset, 42);
  return Buffer.concat([head, name, extra]);
}

function wideOffset(offset: number): Buffer {
  const extra = Buffer.alloc(12);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8, 2);
  extra.writeBigUInt64LE(BigInt(offset), 4);
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
