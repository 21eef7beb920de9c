// What can be searched and shown of a message's bytes. Plain values: made by `index`, kept and asked by `archive`. It must never hold more of
// a message than the limits say, whatever the message holds.

/** `whole`: all of it. `cut`: more than is kept, or looked at. `partly`: it could not be read as mail should be; what could be had is here. */
export type ContentState = "whole" | "cut" | "partly";

/** Why it is not whole: the parser refused it, took too long, took too much memory; the message is larger than what is looked at; its stored bytes are damaged. */
export type ContentReason = "parser" | "time" | "memory" | "size" | "damaged";

export interface ShownAddress {
  readonly name: string;
  readonly address: string;
}

export interface ShownAttachment {
  /** Empty: it has no name. */
  readonly name: string;
  readonly type: string;
  /** Bytes, decoded. Null: not known. */
  readonly size: number | null;
}

/** For people; texts of foreign origin. */
export interface ShownContent {
  readonly subject: string;
  readonly from: readonly ShownAddress[];
  readonly to: readonly ShownAddress[];
  readonly cc: readonly ShownAddress[];
  readonly bcc: readonly ShownAddress[];
  readonly replyTo: readonly ShownAddress[];
  readonly attachments: readonly ShownAttachment[];
}

/** What is searched. Words as `spaced` gives them; the others as `foldLine` does. */
export interface SearchedContent {
  readonly subject: string;
  /** Words of all names, addresses and file names. */
  readonly names: string;
  readonly words: string;
  readonly from: string;
  readonly to: string;
  readonly cc: string;
  readonly bcc: string;
  readonly files: string;
  /** Something that a person would call an attachment: no picture within the text, no signature. */
  readonly attached: boolean;
}

export interface Content {
  readonly state: ContentState;
  /** Null: it is whole, or only its text is longer than what is kept. */
  readonly reason: ContentReason | null;
  /** Of the Date header, milliseconds since 1970. Null: there is none that can be read. */
  readonly sentAt: number | null;
  readonly shown: ShownContent;
  readonly searched: SearchedContent;
}

/** Of the way in which contents are made: grows with every change of it, so that what was made before is made anew. */
export const CONTENT_VERSION = 2;
