// The membership table of synchronisation: what becomes of a message that the base, the archive and the server hold or do not hold.
// Total by type: a missing cell does not compile. It must never know a mode; rights and the removals policy are all that it is told.
import { assertNever } from "../errors.ts";
import type { Removals, Rights } from "../link.ts";

/** `bound`: the server has shown it under a UID. `gone`: proved gone from a server that may not pull; never appended again. */
export type InBase = "none" | "bound" | "gone";
/** `none` also stands for a tombstone without base row: it matches nothing (M9). */
export type InArchive = "live" | "none";
/** `absent` means proved absent (M1); where nothing is proved there is nothing to decide. */
export type OnServer = "present" | "absent";

/** What is to be done with one message. */
export type Membership =
  /** Store it in the archive and record the base. */
  | "pull"
  /** APPEND it to the server. */
  | "push"
  /** Record the base; flags become the union. */
  | "meet"
  /** Merge flags, element by element, against the base. */
  | "merge"
  /** Tombstone it in the archive and drop the base row (unless it proves to be a move: M4). */
  | "tombstone"
  /** The base row becomes `gone`. */
  | "markGone"
  /** The server shows it again: the `gone` row gets a UID. */
  | "rebind"
  /** Remove it on the server. */
  | "remove"
  /** Move it to the server's declared \Trash. */
  | "trash"
  /** Keep everything as it is. */
  | "leave"
  /** Drop the base row. */
  | "dropBase";

type Cell = (rights: Rights, removals: Removals) => Membership;
type Table = Readonly<Record<InBase, Readonly<Record<InArchive, Readonly<Record<OnServer, Cell>>>>>>;

function removedInArchive(rights: Rights, removals: Removals): Membership {
  if (!rights.push) return "leave";
  switch (removals) {
    case "mirror":
      return "remove";
    case "trash":
      return "trash";
    case "never":
      return "leave";
    default:
      return assertNever(removals);
  }
}

const TABLE: Table = {
  none: {
    none: {
      present: (rights) => (rights.pull ? "pull" : "leave"),
      absent: () => "leave",
    },
    live: {
      present: () => "meet",
      absent: (rights) => (rights.push ? "push" : "leave"),
    },
  },
  bound: {
    none: {
      present: removedInArchive,
      absent: () => "dropBase",
    },
    live: {
      present: () => "merge",
      absent: (rights) => (rights.pull ? "tombstone" : "markGone"),
    },
  },
  gone: {
    none: {
      present: (rights) => (rights.pull ? "pull" : "leave"),
      absent: () => "dropBase",
    },
    live: {
      present: () => "rebind",
      absent: () => "leave",
    },
  },
};

/** Looks up one cell of the table (semantics, "Membership"). */
export function membership(
  base: InBase,
  archive: InArchive,
  server: OnServer,
  rights: Rights,
  removals: Removals,
): Membership {
  return TABLE[base][archive][server](rights, removals);
}
