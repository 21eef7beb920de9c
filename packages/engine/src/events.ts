// What a run tells while it goes on: for the live display and for logs. Events carry numbers and names of mailboxes only.
// They are output, never a way for the listener to steer the run.
import type { MailError, Note } from "@packetboat/core";

export type RunEvent =
  /** LIST-STATUS is in. `messages` and `unchanged` count mailboxes' own statements, so that a display has a total. */
  | { readonly kind: "listed"; readonly mailboxes: number; readonly unchanged: number; readonly messages: number }
  | { readonly kind: "looking"; readonly mailbox: string }
  /** How many bodies this run is about to fetch, known after all looks. */
  | { readonly kind: "fetching"; readonly messages: number }
  /** A batch is durable in the archive. */
  | { readonly kind: "stored"; readonly mailbox: string; readonly messages: number; readonly bytes: number }
  /** Nothing more is to be fetched; the last batches, of so many bytes in all that are durable now, are being written. */
  | { readonly kind: "allRead"; readonly bytes: number }
  /** How many messages the push may have something to do with. */
  | { readonly kind: "pushing"; readonly messages: number }
  /** The server has confirmed a batch. */
  | { readonly kind: "sent"; readonly mailbox: string; readonly messages: number; readonly bytes: number }
  | { readonly kind: "failed"; readonly mailbox: string; readonly uid: number; readonly error: MailError }
  | { readonly kind: "note"; readonly note: Note }
  | { readonly kind: "mailboxDone"; readonly mailbox: string };
