// A tiny IMAP client for tests: an independent witness of what is on a server, byte by byte. Own code, no IMAP library, no
// code of the engine. It sends one command at a time, and it must never repair, decode or normalise message bytes.
import { readFileSync } from "node:fs";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { fromWireName, quoted, toWireName } from "./names.ts";
import { parseValues, type ResponseParts, ResponseReader, type Value } from "./reader.ts";

/** A response without tag: its name in capitals (FETCH, EXISTS, LIST, OK, …), its leading number if it has one. */
export interface Untagged {
  readonly name: string;
  readonly number?: number;
  /** What follows, still unparsed. */
  readonly parts: ResponseParts;
}

/** The end of a command. `code` is the response code without its brackets, such as `APPENDUID 1 2`. */
export interface Answer {
  readonly status: "OK" | "NO" | "BAD";
  readonly code?: string;
  readonly text: string;
  readonly untagged: readonly Untagged[];
}

/** A server refused a command that a test needed. */
export class WireRefused extends Error {
  readonly answer: Answer;
  constructor(what: string, answer: Answer) {
    super(`${what}: ${answer.status} ${answer.code ? `[${answer.code}] ` : ""}${answer.text}`);
    this.name = "WireRefused";
    this.answer = answer;
  }
}

export interface WireTarget {
  readonly host?: string;
  readonly port: number;
  /** TLS from the first byte, trusting this PEM file. */
  readonly trust?: string;
}

/** What FETCH said of one message. */
export interface WireMessage {
  readonly uid: number;
  /** Sorted, without \Recent. */
  readonly flags: readonly string[];
  /** As the server wrote it. */
  readonly internalDate: string;
  readonly bytes: Buffer;
}

export interface WireMailbox {
  readonly uidValidity: number;
  readonly uidNext: number;
  readonly exists: number;
  readonly highestModSeq?: bigint;
  readonly permanentFlags: readonly string[];
}

export interface ListedMailbox {
  readonly name: string;
  readonly attributes: readonly string[];
  readonly separator: string | null;
}

interface Pending {
  readonly tag: string;
  readonly untagged: Untagged[];
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  proceed?: () => void;
}

/** A connection. Arguments of commands are sent as they are, `Uint8Array`s as synchronising literals. */
export class WireClient implements AsyncDisposable {
  /** The text of the greeting, after `* `. */
  greeting = "";
  readonly #socket: Socket;
  #pending: Pending | undefined;
  #count = 0;
  #broken: Error | undefined;
  #greeted: ((error?: Error) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const reader = new ResponseReader((parts) => this.#response(parts));
    socket.on("data", (chunk: Buffer) => {
      try {
        reader.feed(chunk);
      } catch (error) {
        socket.destroy(error instanceof Error ? error : new Error(String(error)));
      }
    });
    socket.on("error", (error) => this.#end(error));
    socket.on("close", () => this.#end(new Error("the server closed the connection")));
  }

  /** Connects and waits for the greeting. */
  static async connect(target: WireTarget): Promise<WireClient> {
    const to = { host: target.host ?? "127.0.0.1", port: target.port };
    const socket = target.trust
      ? connectTls({ ...to, ca: readFileSync(target.trust), servername: "localhost" })
      : connectTcp({ ...to, noDelay: true });
    const client = new WireClient(socket);
    await new Promise<void>((resolve, reject) => {
      client.#greeted = (error) => (error ? reject(error) : resolve());
    });
    return client;
  }

  /** Connects and logs in. */
  static async login(target: WireTarget, user: string, pass = "pass"): Promise<WireClient> {
    const client = await WireClient.connect(target);
    await client.must("LOGIN ", quoted(user), " ", quoted(pass));
    return client;
  }

  /** Sends one command and waits for its end, whatever it is. Rejects when the connection ends first. */
  async command(...parts: readonly (string | Uint8Array)[]): Promise<Answer> {
    if (this.#broken) throw this.#broken;
    if (this.#pending) throw new Error("one command at a time");
    this.#count += 1;
    const tag = `w${this.#count}`;
    let pending: Pending | undefined;
    const answered = new Promise<Answer>((resolve, reject) => {
      pending = { tag, untagged: [], resolve, reject };
      this.#pending = pending;
    });
    let text = `${tag} `;
    for (const part of parts) {
      if (typeof part === "string") {
        text += part;
        continue;
      }
      const proceed = new Promise<void>((resolve) => {
        if (pending) pending.proceed = resolve;
      });
      this.#socket.write(`${text}{${part.length}}\r\n`, "latin1");
      text = "";
      // The server may refuse the literal with the tagged answer instead of `+`.
      if ((await Promise.race([proceed, answered])) !== undefined) return answered;
      this.#socket.write(part);
    }
    this.#socket.write(`${text}\r\n`, "latin1");
    return answered;
  }

  /** Sends a line, and `reply` to each `+` of the server: SASL. */
  async challenge(line: string, reply: string): Promise<Answer> {
    const answer = this.command(line);
    const pending = this.#pending;
    if (pending) pending.proceed = () => this.#socket.write(`${reply}\r\n`, "latin1");
    return await answer;
  }

  /** Like `command`, but throws WireRefused unless the answer is OK. */
  async must(...parts: readonly (string | Uint8Array)[]): Promise<Answer> {
    const answer = await this.command(...parts);
    if (answer.status === "OK") return answer;
    throw new WireRefused(parts.map((part) => (typeof part === "string" ? part : `{${part.length}}`)).join(""), answer);
  }

  async capabilities(): Promise<readonly string[]> {
    const answer = await this.must("CAPABILITY");
    return answer.untagged.filter((one) => one.name === "CAPABILITY").flatMap((one) => textOf(one).split(" "));
  }

  async select(mailbox: string, how: "SELECT" | "EXAMINE" = "SELECT"): Promise<WireMailbox> {
    const answer = await this.must(`${how} ${quoted(toWireName(mailbox))}`);
    const codes = answer.untagged.filter((one) => one.name === "OK").map(textOf);
    const code = (name: string) =>
      codes.map((text) => new RegExp(`^\\[${name} ([^\\]]*)\\]`).exec(text)?.[1]).find((found) => found !== undefined);
    const modSeq = code("HIGHESTMODSEQ");
    return {
      uidValidity: Number(code("UIDVALIDITY")),
      uidNext: Number(code("UIDNEXT")),
      exists: answer.untagged.find((one) => one.name === "EXISTS")?.number ?? 0,
      ...(modSeq === undefined ? {} : { highestModSeq: BigInt(modSeq) }),
      permanentFlags: (code("PERMANENTFLAGS") ?? "").replace(/[()]/g, "").split(" ").filter(Boolean),
    };
  }

  /** Appends the bytes as they are. Gives the UIDs of APPENDUID where the server tells them. */
  async append(
    mailbox: string,
    bytes: Uint8Array,
    options: { flags?: readonly string[]; date?: string } = {},
  ): Promise<{ uidValidity: number; uid: number } | undefined> {
    const flags = options.flags ? `(${options.flags.join(" ")}) ` : "";
    const date = options.date ? `${quoted(options.date)} ` : "";
    const answer = await this.must(`APPEND ${quoted(toWireName(mailbox))} ${flags}${date}`, bytes);
    const told = /^APPENDUID (\d+) (\d+)$/.exec(answer.code ?? "");
    return told ? { uidValidity: Number(told[1]), uid: Number(told[2]) } : undefined;
  }

  /** Appends them in one command a hundred, all with the same flags and date: for servers with MULTIAPPEND, which take each far quicker so. */
  async appendMany(
    mailbox: string,
    messages: readonly Uint8Array[],
    options: { flags?: readonly string[]; date?: string } = {},
  ): Promise<void> {
    const flags = options.flags ? ` (${options.flags.join(" ")})` : "";
    const date = options.date ? ` ${quoted(options.date)}` : "";
    for (let at = 0; at < messages.length; at += 100) {
      const parts = messages.slice(at, at + 100).flatMap((bytes) => [`${flags}${date} `, bytes]);
      await this.must(`APPEND ${quoted(toWireName(mailbox))}`, ...parts);
    }
  }

  /** Everything of the messages in the selected mailbox, by UID. Does not set \Seen. */
  async fetch(uids = "1:*"): Promise<WireMessage[]> {
    const answer = await this.must(`UID FETCH ${uids} (UID FLAGS INTERNALDATE BODY.PEEK[])`);
    const messages = answer.untagged.filter((one) => one.name === "FETCH").map(messageOf);
    return messages.filter((message) => message !== undefined).sort((a, b) => a.uid - b.uid);
  }

  async uids(): Promise<number[]> {
    const answer = await this.must("UID SEARCH ALL");
    return answer.untagged
      .filter((one) => one.name === "SEARCH")
      .flatMap((one) => textOf(one).split(" ").filter(Boolean).map(Number));
  }

  /** UID STORE, such as `store("1:3", "+FLAGS", ["\\Seen"])`. */
  async store(uids: string, item: "FLAGS" | "+FLAGS" | "-FLAGS", flags: readonly string[]): Promise<Answer> {
    return await this.must(`UID STORE ${uids} ${item} (${flags.join(" ")})`);
  }

  /** Marks messages \Deleted and expunges them, and no others. */
  async expunge(uids: string): Promise<void> {
    await this.store(uids, "+FLAGS", ["\\Deleted"]);
    await this.must(`UID EXPUNGE ${uids}`);
  }

  async move(uids: string, to: string): Promise<void> {
    await this.must(`UID MOVE ${uids} ${quoted(toWireName(to))}`);
  }

  async copy(uids: string, to: string): Promise<void> {
    await this.must(`UID COPY ${uids} ${quoted(toWireName(to))}`);
  }

  async create(mailbox: string): Promise<void> {
    await this.must(`CREATE ${quoted(toWireName(mailbox))}`);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.must(`RENAME ${quoted(toWireName(from))} ${quoted(toWireName(to))}`);
  }

  async delete(mailbox: string): Promise<void> {
    await this.must(`DELETE ${quoted(toWireName(mailbox))}`);
  }

  async subscribe(mailbox: string, on = true): Promise<void> {
    await this.must(`${on ? "SUBSCRIBE" : "UNSUBSCRIBE"} ${quoted(toWireName(mailbox))}`);
  }

  /** LIST or LSUB of everything. */
  async list(how: "LIST" | "LSUB" = "LIST"): Promise<ListedMailbox[]> {
    const answer = await this.must(`${how} "" "*"`);
    return answer.untagged
      .filter((one) => one.name === how)
      .map((one) => {
        const [attributes, separator, name] = parseValues(one.parts);
        return {
          name: fromWireName(String(name)),
          attributes: Array.isArray(attributes) ? attributes.map(String) : [],
          separator: separator === null || separator === undefined ? null : String(separator),
        };
      });
  }

  /** Says LOGOUT, when the server still listens, and closes. */
  async logout(): Promise<void> {
    if (!this.#broken) await this.command("LOGOUT").catch(() => undefined);
    this.#socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.logout();
  }

  #response(parts: ResponseParts): void {
    const first = typeof parts[0] === "string" ? parts[0] : "";
    if (this.#greeted) {
      this.greeting = first.replace(/^\* /, "");
      const greeted = this.#greeted;
      this.#greeted = undefined;
      greeted(/^\* (OK|PREAUTH)/.test(first) ? undefined : new Error(`the greeting was: ${first.slice(0, 200)}`));
      return;
    }
    const pending = this.#pending;
    if (!pending) return;
    if (first.startsWith("+")) {
      pending.proceed?.();
    } else if (first.startsWith("* ")) {
      const found = /^\* (?:(\d+) )?(\S+) ?/.exec(first);
      const rest = first.slice(found?.[0].length ?? first.length);
      const number = found?.[1] === undefined ? {} : { number: Number(found[1]) };
      pending.untagged.push({ name: (found?.[2] ?? "").toUpperCase(), ...number, parts: [rest, ...parts.slice(1)] });
    } else if (first.startsWith(`${pending.tag} `)) {
      const found = /^\S+ (OK|NO|BAD)(?: \[([^\]]*)\])? ?(.*)$/.exec(first);
      this.#pending = undefined;
      if (!found) {
        pending.reject(new Error(`not an answer: ${first.slice(0, 200)}`));
        return;
      }
      const status = found[1] === "OK" || found[1] === "NO" ? found[1] : "BAD";
      const code = found[2] === undefined ? {} : { code: found[2] };
      pending.resolve({ status, ...code, text: found[3] ?? "", untagged: pending.untagged });
    }
  }

  #end(error: Error): void {
    this.#broken ??= error;
    this.#greeted?.(this.#broken);
    this.#greeted = undefined;
    this.#pending?.reject(this.#broken);
    this.#pending = undefined;
  }
}

/** The text of a response without literals. */
export function textOf(one: Untagged): string {
  return one.parts.map((part) => (typeof part === "string" ? part : part.toString("latin1"))).join("");
}

/** The items of a FETCH response, names in capitals. */
export function fetchItems(one: Untagged): Map<string, Value> {
  const [list] = parseValues(one.parts);
  const items = new Map<string, Value>();
  if (Array.isArray(list))
    for (let i = 0; i + 1 < list.length; i += 2) items.set(String(list[i]).toUpperCase(), list[i + 1] ?? null);
  return items;
}

/** undefined for a FETCH that only tells of flags another session changed. */
function messageOf(one: Untagged): WireMessage | undefined {
  const items = fetchItems(one);
  const body = items.get("BODY[]");
  if (!items.has("UID") || body === undefined || body === null || Array.isArray(body)) return undefined;
  const flags = items.get("FLAGS");
  return {
    uid: Number(items.get("UID")),
    flags: (Array.isArray(flags) ? flags.map(String) : []).filter((flag) => flag.toLowerCase() !== "\\recent").sort(),
    internalDate: String(items.get("INTERNALDATE")),
    bytes: typeof body === "string" ? Buffer.from(body, "latin1") : body,
  };
}
