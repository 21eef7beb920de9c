// The write path of a push, step by step, as moments at which the program can be killed: a command that stands on the wire between it and a
// server, and what it is about to write down after the answer. Data and nothing else; scenes.ts says what there is to be pushed.

/** What both accounts are like when the program starts. */
export type Scene =
  /** Equal once; then people changed both. */
  | "changed"
  /** Never met; some mail is in both. */
  | "strangers"
  /** The same, and the second one only receives (migrate). */
  | "receiving"
  /** The first one is in an archive, of which mailboxes are put into the second, which holds some of their mail (restore push --to). */
  | "restoring";

/** Something that the program is about to write: the next such statement after the moment on the wire. */
export interface Statement {
  readonly table: string;
  readonly at: "insert" | "update" | "delete";
  /** Only an update of this column. */
  readonly of?: string;
}

export interface Step {
  readonly name: string;
  /** The first command that matches. */
  readonly line: RegExp;
  /** `unsent`: the server does not have it. `done`: carried out, its answer not read. A statement: answered, about to be written down. */
  readonly at: "unsent" | "done" | Statement;
  /** Default: changed. */
  readonly scene?: Scene;
  /** The account whose server the line goes to. Default: b. */
  readonly to?: "a" | "b";
  /** B's server has neither MOVE nor UIDPLUS, MULTIAPPEND, LITERAL+, QRESYNC. */
  readonly lesser?: true;
  /** In every `npm test`; the others are for a soak. */
  readonly always?: true;
}

const BIND: Statement = { table: "placement", at: "insert" };
const UNBIND: Statement = { table: "placement", at: "delete" };
const REBASE: Statement = { table: "placement", at: "update" };
const ARCHIVE: Statement = { table: "archive", at: "insert" };
const COPIED: Statement = { table: "message_version", at: "insert" };
const PUSHED: Statement = { table: "remote_mailbox", at: "update", of: "pushed_revision" };

const APPEND = / APPEND "INBOX" /;
const DELETED = / UID STORE 4:5 \+FLAGS.*Deleted/;

export const STEPS: readonly Step[] = [
  { name: "APPEND: its intents are committed, nothing is sent", line: APPEND, at: "unsent" },
  { name: "APPEND: stored, the answer not read", line: APPEND, at: "done", always: true },
  { name: "APPEND: answered, not bound", line: APPEND, at: BIND },
  { name: "APPEND: bound, the next mailbox's not sent", line: / APPEND "New" /, at: "unsent" },
  { name: "APPEND: the second of three unanswered", line: / APPEND "INBOX" "/, at: "done", lesser: true, always: true },
  { name: "APPEND: all three answered, none bound", line: / UID FETCH 8 \(UID FLAGS\)/, at: BIND, lesser: true },
  { name: "APPEND to the first account: stored, the answer not read", line: / APPEND /, at: "done", to: "a" },
  { name: "APPEND to the first account: answered, not bound", line: / APPEND /, at: BIND, to: "a" },

  { name: "STORE: not sent", line: / UID STORE \d+ -FLAGS/, at: "unsent" },
  { name: "STORE: stored, the answer not read", line: / UID STORE \d+ -FLAGS/, at: "done", always: true },
  { name: "STORE: answered, the base not moved", line: / UID STORE \d+ -FLAGS/, at: REBASE },
  { name: "STORE at the first account: answered, the base not moved", line: / UID STORE /, at: REBASE, to: "a" },

  { name: "MOVE: its intents are committed, nothing is sent", line: / UID MOVE /, at: "unsent" },
  { name: "MOVE: moved, the answer not read", line: / UID MOVE /, at: "done", always: true },
  { name: "MOVE: answered, not bound", line: / UID MOVE /, at: UNBIND },
  { name: "COPY: its intents are committed, nothing is sent", line: / UID COPY /, at: "unsent", lesser: true },
  { name: "COPY: copied, the answer not read", line: / UID COPY /, at: "done", lesser: true, always: true },
  { name: "COPY: answered, not bound", line: / UID COPY /, at: BIND, lesser: true },
  { name: "COPY: bound, the original not marked", line: DELETED, at: "unsent", lesser: true },
  { name: "COPY: the original marked, not expunged", line: / EXPUNGE$/, at: "unsent", lesser: true, always: true },
  { name: "COPY: the original expunged, the answer not read", line: / EXPUNGE$/, at: "done", lesser: true },
  { name: "COPY: the original gone, the base not moved", line: / UID FETCH 4:5 \(UID\)/, at: UNBIND, lesser: true },

  { name: "EXPUNGE: nothing marked", line: / UID STORE \d+ \+FLAGS.*Deleted/, at: "unsent" },
  { name: "EXPUNGE: marked, not expunged", line: / UID EXPUNGE 6/, at: "unsent" },
  { name: "EXPUNGE: gone, the answer not read", line: / UID EXPUNGE 6/, at: "done" },
  { name: "EXPUNGE: proved gone, the base not moved", line: / UID FETCH 6 \(UID\)/, at: UNBIND },

  { name: "CREATE: made, the answer not read", line: / CREATE /, at: "done", always: true },
  { name: "CREATE: listed, not bound", line: / CREATE /, at: { table: "remote_mailbox", at: "insert" } },
  { name: "RENAME: its intents are committed, nothing is sent", line: / UNSUBSCRIBE "Old"/, at: "unsent" },
  { name: "RENAME: the old name unsubscribed, not renamed", line: / RENAME /, at: "unsent" },
  { name: "RENAME: renamed, the answer not read", line: / RENAME /, at: "done", always: true },
  { name: "RENAME: the new name not subscribed", line: / SUBSCRIBE "Older"/, at: "unsent" },
  {
    name: "RENAME: the new name subscribed, not committed",
    line: / SUBSCRIBE "Older"/,
    at: { table: "remote_mailbox", at: "update", of: "name" },
  },
  { name: "RENAME: committed; CREATE: not sent", line: / CREATE /, at: "unsent" },
  { name: "SUBSCRIBE: not sent", line: / SUBSCRIBE "Work"/, at: "unsent" },
  { name: "SUBSCRIBE: done, the answer not read", line: / SUBSCRIBE "Work"/, at: "done" },
  {
    name: "SUBSCRIBE: answered, not committed",
    line: / SUBSCRIBE "Work"/,
    at: { table: "remote_mailbox", at: "update", of: "subscribed" },
  },
  { name: "DELETE: not sent, its messages gone", line: / DELETE /, at: "unsent" },
  { name: "DELETE: done, the answer not read", line: / DELETE /, at: "done", always: true },
  { name: "DELETE: answered, the base keeps it", line: / DELETE /, at: { table: "remote_mailbox", at: "delete" } },
  { name: "everything sent, the mark of what is pushed not set", line: / DELETE /, at: PUSHED },
  { name: "everything marked, the run not finished", line: / DELETE /, at: { table: "run", at: "update" } },
  { name: "the last word of the run not said", line: / LOGOUT/, at: "unsent" },

  { name: "first contact: CREATE made, the answer not read", line: / CREATE "Work"/, at: "done", scene: "strangers" },
  { name: "first contact: APPEND stored, the answer not read", line: APPEND, at: "done", scene: "strangers" },
  { name: "first contact: APPEND answered, not bound", line: APPEND, at: BIND, scene: "strangers" },
  { name: "first contact: flags united, the base not moved", line: / UID STORE /, at: REBASE, scene: "strangers" },
  {
    name: "first contact: flags united at the first account",
    line: / UID STORE /,
    at: "done",
    scene: "strangers",
    to: "a",
  },

  { name: "migrate: CREATE made, the answer not read", line: / CREATE "Work"/, at: "done", scene: "receiving" },
  { name: "migrate: APPEND's intents committed, nothing sent", line: APPEND, at: "unsent", scene: "receiving" },
  { name: "migrate: APPEND stored, the answer not read", line: APPEND, at: "done", scene: "receiving", always: true },
  { name: "migrate: APPEND answered, not bound", line: APPEND, at: BIND, scene: "receiving" },
  { name: "migrate: flags united, the base not moved", line: / UID STORE /, at: REBASE, scene: "receiving" },

  { name: "restore: looked at, the copy not begun", line: / LIST /, at: ARCHIVE, scene: "restoring" },
  { name: "restore: half of the copy made", line: / LIST /, at: COPIED, scene: "restoring" },
  {
    name: "restore: copied, its link not made",
    line: / LIST /,
    at: { table: "link", at: "insert" },
    scene: "restoring",
  },
  { name: "restore: CREATE made, the answer not read", line: / CREATE "Work"/, at: "done", scene: "restoring" },
  { name: "restore: APPEND's intents committed, nothing sent", line: APPEND, at: "unsent", scene: "restoring" },
  { name: "restore: APPEND stored, the answer not read", line: APPEND, at: "done", scene: "restoring" },
  { name: "restore: APPEND answered, not bound", line: APPEND, at: BIND, scene: "restoring" },
];
