// The gate and the pace of an account, at the wire: what is asked before it is sent, what is counted, how a server's wishes are obeyed, and
// that no more connections are open than there may be. The pace is the test's own, so that every decision of the gate shows.
import { asId, type Hint, isMailError, MailError, type MessageId, type Pace, type Release } from "@packetboat/core";
import {
  ServerModel,
  startWireServer,
  type WireFault,
  type WireServer,
  type WireServerOptions,
} from "@packetboat/testkit";
import { describe, expect, it } from "vitest";
import { Lookout, type PaceFor } from "../src/index.ts";
import { as, fetched, mailboxNamed, remoteTo, writerTo } from "./remote-fixture.ts";

/** A pace that notes what it is asked, and refuses when it is told to. */
class Noted implements Pace {
  readonly connections: number | null;
  readonly hints: Hint[] = [];
  commands = 0;
  downBytes = 0;
  upBytes = 0;
  open = 0;
  mostOpen = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #most: { readonly down: number; readonly up: number };
  readonly #patient: boolean;

  constructor(more: { connections?: number; down?: number; up?: number; patient?: boolean } = {}) {
    this.connections = more.connections ?? null;
    this.#most = { down: more.down ?? Number.POSITIVE_INFINITY, up: more.up ?? Number.POSITIVE_INFINITY };
    this.#patient = more.patient ?? true;
  }

  command(): Promise<void> {
    this.commands++;
    return Promise.resolve();
  }
  async mayFetch(): Promise<void> {
    if (this.downBytes >= this.#most.down) throw new MailError("BUDGET_SPENT", "Spent.");
  }
  async down(bytes: number): Promise<void> {
    this.downBytes += bytes;
    await this.mayFetch();
  }
  async up(bytes: number): Promise<void> {
    if (this.upBytes + bytes > this.#most.up) throw new MailError("BUDGET_SPENT", "Spent.");
    this.upBytes += bytes;
  }
  async connection(signal: AbortSignal | null): Promise<Release> {
    while (this.connections !== null && this.open >= this.connections) {
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push(resolve);
        signal?.addEventListener("abort", () => reject(new MailError("INTERRUPTED", "Stopped.")));
      });
    }
    this.mostOpen = Math.max(this.mostOpen, ++this.open);
    return () => {
      this.open--;
      for (const go of this.#waiting.splice(0)) go();
    };
  }
  async spareConnection(): Promise<Release | null> {
    return this.connections !== null && this.open + 2 >= this.connections ? null : this.connection(null);
  }
  told(hint: Hint): boolean {
    this.hints.push(hint);
    return this.#patient;
  }
  fine(): void {}
}

const always =
  (pace: Pace): PaceFor =>
  () =>
    Promise.resolve(pace);

async function served(
  faults: readonly WireFault[],
  run: (server: WireServer) => Promise<void>,
  options: WireServerOptions = {},
): Promise<void> {
  const model = new ServerModel();
  for (let n = 1; n <= 6; n++) model.append("INBOX", `Subject: ${n}\r\n\r\n${"x".repeat(1_000)}\r\n`);
  await using server = await startWireServer(model, { ...options, faults });
  await run(server);
}

const ALL = [[1, 6]] as const;
const codeOf = (error: unknown) => (isMailError(error) ? error.code : String(error));
const times = (server: WireServer, what: RegExp) => server.commands().filter((line) => what.test(line)).length;
const THROTTLED = "BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds";

describe("a hint", () => {
  it("that is short is obeyed, and the question asked again on the same connection", () =>
    served([{ kind: "answer", command: /FETCH/, text: THROTTLED, times: 2 }], async (server) => {
      const pace = new Noted();
      const remote = await remoteTo(server, "alice", { paceFor: always(pace) });
      const messages = await fetched(remote, await mailboxNamed(remote, "INBOX"), ALL);
      await remote.close();
      expect(messages).toHaveLength(6);
      expect(pace.hints).toEqual(Array(2).fill({ kind: "backoff", waitMs: 92_415 }));
      expect(server.connections().total).toBe(1);
    }));

  it("that is long ends the work at once, with the server's own number", () =>
    served([{ kind: "answer", command: /FETCH/, text: THROTTLED }], async (server) => {
      const pace = new Noted({ patient: false });
      const remote = await remoteTo(server, "alice", { paceFor: always(pace) });
      const inbox = await mailboxNamed(remote, "INBOX");
      const error = await fetched(remote, inbox, ALL).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "THROTTLED", context: { hint: "backoff", waitMs: 92_415 } });
      expect(times(server, /UID FETCH/)).toBe(1);
      await remote.close();
    }));

  it.each([
    ["NO [UNAVAILABLE] Try later", "unavailable"],
    ["NO [INUSE] In use", "inuse"],
    ["NO [LIMIT] Too much", "limit"],
    ["NO Account exceeded command or bandwidth limits. (Failure)", "bandwidth"],
  ])("%s to a question is obeyed, and asked again three times in all", (text, kind) =>
    served([{ kind: "answer", command: /^LIST/, text }], async (server) => {
      const pace = new Noted();
      const remote = await remoteTo(server, "alice", { paceFor: always(pace) });
      expect(await remote.list().catch(codeOf)).toBe("THROTTLED");
      expect(pace.hints).toEqual(Array(3).fill({ kind, waitMs: null }));
      await remote.close();
    }),
  );

  it("to what changes the server is obeyed, and never sent again by itself (S2)", () =>
    served([{ kind: "answer", command: /STORE/, text: "NO [UNAVAILABLE] Try later" }], async (server) => {
      const pace = new Noted();
      const writer = await writerTo(server, "alice", { paceFor: always(pace) });
      const inbox = await mailboxNamed(writer, "INBOX");
      const change = { uids: ALL, add: ["\\Seen"], remove: [] };
      const stored = async () => {
        for await (const _ of writer.store(inbox, inbox.status?.uidValidity ?? null, [change]));
      };
      expect(await stored().catch(codeOf)).toBe("THROTTLED");
      expect(times(server, /STORE/)).toBe(1);
      await writer.close();
    }));

  it("in a refused session is obeyed, and the session asked for again", () =>
    served(
      [{ kind: "answer", command: /AUTHENTICATE/, text: "NO [UNAVAILABLE] Try later", times: 2 }],
      async (server) => {
        const pace = new Noted();
        const remote = await remoteTo(server, "alice", { paceFor: always(pace) });
        expect(pace.hints).toHaveLength(2);
        await remote.close();
      },
    ));

  it("is none in a refused password: it is tried once", () =>
    served([{ kind: "answer", command: /AUTHENTICATE/, text: "NO [AUTHENTICATIONFAILED] No" }], async (server) => {
      const pace = new Noted();
      expect(await remoteTo(server, "alice", { paceFor: always(pace) }).catch(codeOf)).toBe("AUTH_REJECTED");
      expect(pace.hints).toEqual([]);
      expect(server.connections().total).toBe(1);
    }));
});

describe("bytes", () => {
  it("of bodies are counted as they come, and the first over the budget is the last", () =>
    served([], async (server) => {
      const pace = new Noted({ down: 2_500 });
      const remote = await remoteTo(server, "alice", { paceFor: always(pace) });
      const inbox = await mailboxNamed(remote, "INBOX");
      const got: number[] = [];
      const reading = async () => {
        for await (const one of remote.fetch(inbox, inbox.status?.uidValidity ?? null, ALL)) got.push(one.uid);
      };
      expect(await reading().catch(codeOf)).toBe("BUDGET_SPENT");
      expect(got).toEqual([1, 2, 3]);
      expect(await reading().catch(codeOf)).toBe("BUDGET_SPENT");
      expect(times(server, /BODY\.PEEK/)).toBe(1);
      // Only bodies are today's budget: what changed can still be seen.
      expect(await remote.status(inbox)).toMatchObject({ messages: 6 });
      await remote.close();
    }));

  it.each([[["MULTIAPPEND"]], [["LITERAL+", "MULTIAPPEND"]]])(
    "that are appended are counted before they are sent; what does not fit is not sent (without %s)",
    (hide) =>
      served(
        [],
        async (server) => {
          const pace = new Noted({ up: 250 });
          const writer = await writerTo(server, "alice", { paceFor: always(pace) });
          const inbox = await mailboxNamed(writer, "INBOX");
          const batch = [1, 2, 3, 4].map((n) => ({
            messageId: asId<MessageId>(n),
            bytes: Buffer.from(`Subject: ${n}\r\n\r\n${"y".repeat(80)}\r\n`),
            flags: [],
            internalDate: null,
          }));
          const done: string[] = [];
          const appending = async () => {
            const { status } = inbox;
            for await (const one of writer.append(inbox, status?.uidValidity ?? null, batch)) done.push(one.kind);
          };
          expect(await appending().catch(codeOf)).toBe("BUDGET_SPENT");
          expect(done).toEqual(["appended", "appended"]);
          expect((await mailboxNamed(writer, "INBOX")).status?.messages).toBe(8);
          await writer.close();
        },
        { hide },
      ),
  );
});

describe("connections", () => {
  it("wait for one of ours that becomes free as well as for a place", () =>
    served([], async (server) => {
      const pace = new Noted({ connections: 1 });
      const remote = await remoteTo(server, "alice", { paceFor: always(pace) });
      const all = await Promise.all([remote.list(), remote.list(), remote.list()]);
      expect(all.map((list) => list.length)).toEqual([1, 1, 1]);
      await remote.close();
      expect({ most: pace.mostOpen, open: pace.open }).toEqual({ most: 1, open: 0 });
      expect(server.connections().total).toBe(1);
    }));

  it("that only watch are done without where there is no room: the account is told to be tried again", () =>
    served([], async (server) => {
      const pace = new Noted({ connections: 0 });
      const lookout = new Lookout();
      const { promise: trouble, resolve } = Promise.withResolvers<string>();
      lookout.watch({
        connect: async () => ({ ...as(server.port, "alice", {}), paceFor: always(pace) }),
        onChange: () => undefined,
        onTrouble: ({ code }) => resolve(code),
        onEnd: ({ code }) => resolve(code),
      });
      expect(await trouble).toBe("THROTTLED");
      await lookout.close();
      expect(server.connections().total).toBe(0);
    }));

  it("that watch give their place back when they end", () =>
    served([], async (server) => {
      const pace = new Noted({ connections: 3 });
      const lookout = new Lookout();
      const { promise: began, resolve } = Promise.withResolvers<void>();
      lookout.watch({
        connect: async () => ({ ...as(server.port, "alice", {}), paceFor: always(pace) }),
        onChange: () => resolve(),
        onEnd: () => undefined,
      });
      await began;
      expect(pace.open).toBe(1);
      await lookout.close();
      expect(pace.open).toBe(0);
    }));

  it("are counted from the first one on where only the server's words tell its limits", () =>
    served([], async (server) => {
      const pace = new Noted({ connections: 3 });
      const asked: boolean[] = [];
      const paceFor: PaceFor = async ({ capabilities }) => {
        asked.push(capabilities !== null);
        return capabilities === null ? null : pace;
      };
      const remote = await remoteTo(server, "alice", { paceFor });
      expect({ asked, open: pace.open }).toEqual({ asked: [false, true], open: 1 });
      await remote.close();
      expect(pace.open).toBe(0);
    }));
});
