// One message that the server itself cannot read, by the wish of another program: a file of the mail store is shut. The others come, that one is
// named and pending, and it comes when it can be read again. It must never be taken for a server that wants a pause, nor for a message that went.
import { execFileSync } from "node:child_process";
import { chmod } from "node:fs/promises";
import { startCourier, startCyrus, startDovecot, type TestServer } from "@packetboat/testkit";
import { describe, expect, test } from "vitest";
import { letter, openNightly, withServer } from "./nightly.ts";

const MESSAGES = 9;
const SHUT = 4;

/** Files below a directory, in the order of their names: of messages that is the order in which they came. */
const filesOf = (directory: string, name: RegExp): readonly string[] =>
  execFileSync("find", [directory, "-type", "f"], { encoding: "utf8" })
    .split("\n")
    .filter((path) => name.test(path))
    .sort();

function suite<Server extends TestServer>(
  name: string,
  start: () => Promise<Server>,
  fileOf: (server: Server, user: string) => string | undefined,
): void {
  describe(name, () => {
    const running = withServer(start);

    test("C6 trap 28: a message that the server cannot read is named and pending, the others come, and it comes when it can be read", async (context) => {
      const server = running(context);
      await using nightly = await openNightly(server, "alice");
      const { hands } = nightly;
      const work = server.kind === "courier" ? "INBOX.Work" : "Work";
      await hands.create(work);
      for (let n = 1; n <= MESSAGES; n++) await hands.append("INBOX", letter(n));
      await hands.append(work, letter("work"));
      const shut = fileOf(server, "alice");
      if (shut === undefined) throw new Error("the server keeps its messages elsewhere");
      await chmod(shut, 0);
      for (const attempts of [1, 2]) {
        const report = await nightly.run();
        expect(report).toMatchObject({
          outcome: "partial",
          totals: { stored: attempts === 1 ? MESSAGES : 0, failed: 1 },
        });
        expect(report.failures).toMatchObject([{ mailbox: "INBOX", uid: SHUT, code: "MESSAGE_UNREADABLE" }]);
        expect(await nightly.rows("select uid::int, kind, reason, attempts from pending")).toEqual([
          { uid: SHUT, kind: "fetch", reason: "MESSAGE_UNREADABLE", attempts },
        ]);
      }
      await chmod(shut, 0o644);
      expect(await nightly.run()).toMatchObject({ outcome: "ok", failures: [], totals: { stored: 1 } });
      expect(await nightly.inArchive()).toEqual(await nightly.onServer());
    });
  });
}

/** INBOX has the first files of all; only there are four of them. */
const inMaildir = (directory: string): string | undefined =>
  filesOf(directory, /\/(cur|new)\/[^/]+$/).filter((path) => !/work/i.test(path))[SHUT - 1];

suite("Dovecot, sdbox", startDovecot, ({ home }, user) => filesOf(home(user), /\/u\.4$/)[0]);
suite(
  "Dovecot, Maildir",
  () => startDovecot({ format: "maildir" }),
  ({ home }, user) => inMaildir(home(user)),
);
suite("Courier", startCourier, ({ maildir }, user) => inMaildir(maildir(user)));
suite("Cyrus", startCyrus, ({ root }) => filesOf(root, /\/spool\/.*\/4\.$/)[0]);
