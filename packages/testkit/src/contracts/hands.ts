// Another client in the hands of a person: what the remote contract uses to bring a server into a state, and as the independent witness
// of what is there. Two of them: straight on the model, and over the wire with the raw client. It must never go through the code under test.
import type { MailboxPath, Role } from "@packetboat/core";
import { judgeFlags, type ServerModel } from "../simulator/model.ts";
import { WireClient, type WireTarget } from "../wire/client.ts";
import { quoted, toWireName } from "../wire/names.ts";

export interface AppendedAs {
  readonly flags?: readonly string[];
  /** Milliseconds since 1970, whole seconds. Null where the server can be made to give none. Default: the server's clock. */
  readonly internalDate?: number | null;
}

/** A message as the witness sees it. */
export interface Witnessed {
  readonly uid: number;
  readonly bytes: Buffer;
  /** Normal form. */
  readonly flags: readonly string[];
  readonly internalDate: number | null;
}

export interface UserHands {
  create(path: MailboxPath, role?: Role): Promise<void>;
  remove(path: MailboxPath): Promise<void>;
  rename(from: MailboxPath, to: MailboxPath): Promise<void>;
  subscribe(path: MailboxPath, subscribed: boolean): Promise<void>;
  /** Gives the UID. */
  append(path: MailboxPath, bytes: Buffer | string, as?: AppendedAs): Promise<number>;
  /** Many small messages, as fast as the server takes them. */
  appendMany(
    path: MailboxPath,
    messages: readonly { readonly bytes: string; readonly flags: readonly string[] }[],
  ): Promise<void>;
  store(path: MailboxPath, uids: readonly number[], how: "add" | "remove", flags: readonly string[]): Promise<void>;
  expunge(path: MailboxPath, uids: readonly number[]): Promise<void>;
  move(path: MailboxPath, uids: readonly number[], to: MailboxPath): Promise<void>;
  copy(path: MailboxPath, uids: readonly number[], to: MailboxPath): Promise<void>;
  /** Everything in a mailbox, ascending. */
  read(path: MailboxPath): Promise<readonly Witnessed[]>;
}

/** Hands on the model itself. */
export function modelHands(model: ServerModel): UserHands {
  const name = (path: MailboxPath): string => model.nameOf(path);
  return {
    create: async (path, role) => void model.create(name(path), role === undefined ? {} : { role }),
    remove: async (path) => model.remove(name(path)),
    rename: async (from, to) => model.rename(name(from), name(to)),
    subscribe: async (path, subscribed) => model.subscribe(name(path), subscribed),
    append: async (path, bytes, as) => model.append(name(path), bytes, as),
    appendMany: async (path, messages) => {
      for (const { bytes, flags } of messages) model.append(name(path), bytes, { flags });
    },
    store: async (path, uids, how, flags) => model.store(name(path), uids, { [how]: flags }),
    expunge: async (path, uids) => model.expunge(name(path), uids),
    move: async (path, uids, to) => void model.move(name(path), uids, name(to)),
    copy: async (path, uids, to) => void model.copy(name(path), uids, name(to)),
    read: async (path) =>
      [...model.get(name(path)).messages.values()].map(({ uid, bytes, flags, internalDate }) => ({
        uid,
        bytes,
        flags,
        internalDate,
      })),
  };
}

const ROLES: Partial<Record<Role, string>> = {
  drafts: "\\Drafts",
  sent: "\\Sent",
  trash: "\\Trash",
  junk: "\\Junk",
  archive: "\\Archive",
  all: "\\All",
  flagged: "\\Flagged",
};
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** IMAP's spelling of an instant, in UTC. */
function imapDate(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = String(date.getUTCDate()).padStart(2, " ");
  const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  return `${day}-${MONTHS[date.getUTCMonth()]}-${date.getUTCFullYear()} ${clock} +0000`;
}

export interface WireHandsOptions {
  /** Default: asked of the server. */
  readonly delimiter?: string;
  /** Of the personal namespace. Default: none. */
  readonly prefix?: string;
  readonly pass?: string;
  /** It takes several messages in one APPEND, whether it says so or not. Default: asked of the server. */
  readonly multiAppend?: boolean;
}

export interface WireHands extends UserHands, AsyncDisposable {}

/** Signs in with the raw client, and leaves no mailbox selected between two acts, as another client that comes and goes. */
export async function wireHands(target: WireTarget, user: string, options: WireHandsOptions = {}): Promise<WireHands> {
  const client = await WireClient.login(target, user, options.pass);
  const can = await client.capabilities();
  const delimiter = options.delimiter ?? (await client.list())[0]?.separator ?? "/";
  const { prefix = "" } = options;
  const name = (path: MailboxPath): string => {
    const joined = path.join(delimiter);
    return joined.toUpperCase() === "INBOX" ? "INBOX" : prefix + joined;
  };
  const within = async <T>(path: MailboxPath, act: () => Promise<T>): Promise<T> => {
    await client.select(name(path));
    try {
      return await act();
    } finally {
      if (can.includes("UNSELECT")) await client.command("UNSELECT");
      else {
        // CLOSE expunges what is marked \Deleted, but not in a mailbox that was opened to be read.
        await client.command(`EXAMINE ${quoted(toWireName(name(path)))}`);
        await client.command("CLOSE");
      }
    }
  };
  const set = (uids: readonly number[]): string => uids.join(",");
  const uidOf = async (path: MailboxPath): Promise<number> =>
    Number((await client.select(name(path), "EXAMINE")).uidNext) - 1;
  return {
    async create(path, role) {
      const use = role && can.includes("CREATE-SPECIAL-USE") ? ` (USE (${ROLES[role]}))` : "";
      await client.must(`CREATE ${quoted(toWireName(name(path)))}${use}`);
    },
    remove: (path) => client.delete(name(path)),
    rename: (from, to) => client.rename(name(from), name(to)),
    subscribe: (path, subscribed) => client.subscribe(name(path), subscribed),
    async append(path, bytes, as = {}) {
      const { flags, internalDate } = as;
      const date = internalDate === undefined || internalDate === null ? {} : { date: imapDate(internalDate) };
      const told = await client.append(name(path), Buffer.from(bytes), { ...(flags ? { flags } : {}), ...date });
      return told?.uid ?? (await uidOf(path));
    },
    async appendMany(path, messages) {
      const size = (options.multiAppend ?? can.includes("MULTIAPPEND")) ? 200 : 1;
      for (let at = 0; at < messages.length; at += size) {
        const parts = messages
          .slice(at, at + size)
          .flatMap(({ bytes, flags }) => [` (${flags.join(" ")}) `, Buffer.from(bytes)]);
        await client.must(`APPEND ${quoted(toWireName(name(path)))}`, ...parts);
      }
    },
    store: (path, uids, how, flags) =>
      within(path, async () => void (await client.store(set(uids), how === "add" ? "+FLAGS" : "-FLAGS", flags))),
    expunge: (path, uids) => within(path, () => client.expunge(set(uids))),
    move: (path, uids, to) =>
      within(path, async () => {
        if (can.includes("MOVE")) return await client.move(set(uids), name(to));
        await client.copy(set(uids), name(to));
        await client.expunge(set(uids));
      }),
    copy: (path, uids, to) => within(path, () => client.copy(set(uids), name(to))),
    read: (path) =>
      within(path, async () => {
        const messages = await client.fetch("1:*");
        return messages.map(({ uid, bytes, flags, internalDate }) => {
          const at = Date.parse(internalDate);
          return { uid, bytes, flags: judgeFlags(flags), internalDate: Number.isNaN(at) ? null : at };
        });
      }),
    [Symbol.asyncDispose]: () => client.logout(),
  };
}
