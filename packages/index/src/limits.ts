// How much is looked at and kept of one message. It must never be more than a row of Postgres and a thread's memory can bear.

/** Bytes of a message that are read at all; text comes first in mail, attachments after it. */
export const READ_BYTES = 24 * 1_048_576;
/** Bytes of words that are kept. Postgres takes one megabyte of different ones. */
export const WORD_BYTES = 512 * 1_024;
/** Characters of text that words are made of, and of HTML that is read. */
export const TEXT_CHARACTERS = 1_048_576;
/** Characters of the addresses of one header that are searched. */
export const ADDRESS_CHARACTERS = 65_536;
/** Of one header, and of a message, that are shown. */
export const SHOWN_ADDRESSES = 50;
export const SHOWN_ATTACHMENTS = 200;
/** Characters of a subject, a name, a file name. */
export const LINE_CHARACTERS = 1_000;
/** Attachments whose names are searched. */
export const ATTACHMENTS = 2_000;
/** Bytes of a message that is opened by somebody: its attachments are there up to here. */
export const OPENED_BYTES = 100 * 1_048_576;
/** Characters of text, and of HTML, that somebody is shown. */
export const OPENED_CHARACTERS = 2 * 1_048_576;
/** Parts that are listed of a message that is opened. */
export const OPENED_PARTS = 500;
