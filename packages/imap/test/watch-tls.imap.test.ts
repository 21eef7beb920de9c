// A watch over TLS and over STARTTLS, against a real server: it stands, notices, and goes no further than the certificate lets it. No password
// goes out in the clear, and a server that nobody vouches for ends the watch, once.
import { readFileSync } from "node:fs";
import { type Dovecot, orSkip, startDovecot, until, WireClient } from "@packetboat/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { watchOf } from "./watch-fixture.ts";

let server: Dovecot | undefined;
let skipped = "";
beforeAll(async () => {
  server = await orSkip((note) => {
    skipped = note;
  }, startDovecot);
});
afterAll(() => server?.stop());

const PATIENCE_MS = 20_000;

describe.each(["tls", "starttls"] as const)("by %s", (security) => {
  const portOf = ({ port, tlsPort }: Dovecot) => (security === "tls" ? tlsPort : port);

  test("a watch notices what comes", async ({ skip }) => {
    if (server === undefined) return skip(skipped);
    const ca = readFileSync(server.caFile, "utf8");
    const user = `watched-${security}`;
    const noticed: string[] = [];
    const { lookout, troubles, ends } = watchOf(
      { port: portOf(server) },
      { user, onChange: ({ why, mailboxes }) => noticed.push(`${why} ${mailboxes.join(",")}`) },
      {},
      { security, ca },
    );
    await until(() => noticed.includes("began "), "the watch to stand", PATIENCE_MS);
    await using other = await WireClient.login({ port: server.port }, user);
    await other.append("INBOX", Buffer.from("Subject: one\r\n\r\nText.\r\n"));
    await until(() => noticed.includes("changed INBOX"), "INBOX to be named", PATIENCE_MS);
    await lookout.close();
    expect([troubles, ends]).toEqual([[], []]);
    const logins = (await server.log())
      .split("\n")
      .filter((line) => /Login: /.test(line) && line.includes(`<${user}>`));
    // The other client is the one in the clear.
    expect(logins.map((line) => /, TLS/.test(line))).toEqual([true, false]);
  });

  test("without trust in its certificate it is a trouble, tried again later, and no password was sent", async ({
    skip,
  }) => {
    if (server === undefined) return skip(skipped);
    const user = `wary-${security}`;
    const { lookout, troubles, ends } = watchOf({ port: portOf(server) }, { user }, {}, { security });
    await until(() => troubles.length > 0, "the watch to say so", PATIENCE_MS);
    await lookout.close();
    expect([troubles[0], ends]).toEqual(["TLS_REFUSED", []]);
    expect(await server.log()).not.toContain(user);
  });
});
