// Wrong passwords, unknown hosts, servers that are none, hang or flood: the real program, its exit code, one line on stderr that says what
// to do, and nothing of the password in it. What the first backup of an account cannot reach leaves nothing behind.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Dovecot,
  orSkip,
  type ScriptedServer,
  type ScriptStep,
  startDovecot,
  startScripted,
  until,
} from "@packetboat/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Program, program } from "./program.ts";

let cli: Program;
let dovecot: Dovecot | undefined;
let directory: string;
const servers: ScriptedServer[] = [];

beforeAll(async () => {
  cli = await program({ PACKETBOAT_PASSWORD: "hunter2" });
  directory = await mkdtemp(join(tmpdir(), "pb-bad-"));
  await cli.must(["archive", "list"]);
});
afterAll(async () => {
  for (const server of servers) await server.stop();
  await dovecot?.stop();
  await cli[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** Runs a backup that must fail, and gives the one line of stderr. */
async function refused(
  args: readonly string[],
  code: number,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const ended = await cli.run(["backup", ...args], { env });
  expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code, stdout: "" });
  expect(ended.stderr).toMatch(/^packetboat: [^\n]+[.?]\n$/);
  expect(ended.stderr).not.toMatch(/hunter2|\bat .*\.ts|Error:/);
  return ended.stderr;
}

async function scripted(script: readonly ScriptStep[]): Promise<number> {
  const server = await startScripted(script);
  servers.push(server);
  return server.port;
}

const clear = (port: number, user = "you") => `imap://${user}@127.0.0.1:${port}?tls=none`;

describe("what is typed", () => {
  it.each([
    [["pop3://you@mail.example.com"], /pop3:\/\//],
    [["imaps://you:hunter2@mail.example.com/INBOX"], /--include/],
    [["imap://you:hunter2@mail.example.com?tls=none"], /--allow-cleartext/],
    [["imaps://you@127.0.0.1", "--auth", "cram"], /--auth is none of/],
    [["imaps://you@127.0.0.1", "--password-file", "/nonexistent/file"], /\/nonexistent\/file cannot be read/],
    [["imaps://you@127.0.0.1", "--password-command", "exit 3"], /ended with exit code 3/],
    [["imaps://you@127.0.0.1", "--ca-file", "/nonexistent/ca"], /\/nonexistent\/ca cannot be read/],
    [["imaps://you@127.0.0.1", "--password-file", "a", "--password-command", "b"], /not both/],
  ])("%j", async (args, line) => {
    expect(await refused(args, 2)).toMatch(line);
  });

  // Below /proc a recursive mkdir of Node's tries for ever.
  it.each(["/proc/no-home", "/proc/no-home/below", "/dev/null/below", "/etc/passwd"])("the home %s", async (home) => {
    const line = await refused(["imaps://you@127.0.0.1"], 2, { PACKETBOAT_HOME: home, PACKETBOAT_DATABASE_URL: "" });
    expect(line).toMatch(/cannot be used: .*Set PACKETBOAT_HOME to one that you may write to\./);
  });

  it("no password and no terminal: the ways to give one", async () => {
    const line = await refused(["imaps://you@127.0.0.1"], 2, { PACKETBOAT_PASSWORD: "" });
    expect(line).toMatch(/--password-file FILE, --password-command COMMAND, .*PACKETBOAT_PASSWORD/);
  });

  it("a certificate file that is none", async () => {
    const path = join(directory, "no-ca.pem");
    await writeFile(path, "hello");
    expect(await refused(["imaps://you@127.0.0.1", "--ca-file", path], 2)).toMatch(/holds no certificate/);
  });
});

describe("hosts and ports", () => {
  it("an unknown host", async () => {
    expect(await refused(["imaps://you@no-such-host.invalid"], 6)).toMatch(/no-such-host\.invalid/);
  });

  it("a refused port", async () => {
    const probe = createServer();
    const port = await new Promise<number>((resolve) => {
      probe.listen(0, "127.0.0.1", () => resolve((probe.address() as { port: number }).port));
    });
    await new Promise((resolve) => probe.close(resolve));
    expect(await refused([clear(port)], 6)).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}`));
  });
});

describe("servers that are none", () => {
  it("speaks SMTP", async () => {
    await refused([clear(await scripted([{ send: "220 mail.example.com ESMTP ready\r\n" }, { hang: true }]))], 6);
  });
  it("speaks HTTP", async () => {
    const port = await scripted([{ send: "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" }, { close: "end" }]);
    await refused([clear(port)], 6);
  });
  it("closes at once", async () => {
    await refused([clear(await scripted([{ close: "end" }]))], 6);
    await refused([clear(await scripted([{ close: "reset" }]))], 6);
  });
  it("sends a line that never ends", async () => {
    await refused([clear(await scripted([{ send: "* OK " }, { flood: "x".repeat(65_536) }]))], 6);
  });
  it("does not speak TLS where TLS is asked for", async () => {
    const port = await scripted([{ send: "* OK ready\r\n" }, { hang: true }]);
    await refused([`imaps://you@127.0.0.1:${port}`], 6);
  });
  it("offers no STARTTLS", async () => {
    const port = await scripted([
      { send: "* OK [CAPABILITY IMAP4rev1] ready\r\n" },
      {
        answer: [
          [/CAPABILITY/i, "* CAPABILITY IMAP4rev1\r\n$tag OK\r\n"],
          [/STARTTLS/i, "$tag BAD no\r\n"],
          [/LOGIN/i, "$tag OK\r\n"],
        ],
      },
    ]);
    await refused([`imap://you@127.0.0.1:${port}`], 6);
    expect(
      servers
        .at(-1)
        ?.received()
        .some((line) => /LOGIN|AUTHENTICATE/i.test(line)),
    ).toBe(false);
  });
  it("hangs: Ctrl-C ends it at once, with 130", async () => {
    const port = await scripted([{ hang: true }]);
    const connected = until(() => (servers.at(-1)?.connections().open ?? 0) > 0, "the connection");
    const { code, stdout, stderr } = await cli.run(["backup", clear(port)], {
      kill: { when: connected, signal: "SIGINT" },
    });
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(stderr).toMatch(/^packetboat: stopping .*\npacketboat: .*safe.*\n$/);
  });
});

describe("a real server", () => {
  it("refuses the password: 4; has a certificate that nobody vouches for: 6", async (context) => {
    dovecot = await orSkip(context.skip, () => startDovecot());
    if (dovecot === undefined) return;
    expect(await refused([clear(dovecot.port, "alice")], 4)).toMatch(/refused the sign-in/);
    const url = `imaps://alice:pass@127.0.0.1:${dovecot.tlsPort}`;
    expect(await refused([url], 6)).toMatch(/certificate/);
    expect((await cli.run(["backup", url, "--ca-file", dovecot.caFile])).code).toBe(0);
  });

  it("a way to the password that gives none is not kept; one that does is, and is gone once", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    const url = `imaps://alice@127.0.0.1:${dovecot.tlsPort}`;
    const passwordOf = async () =>
      (await cli.json<{ accounts: readonly { readonly account: string }[] }>(["account", "list"])).accounts[0];
    const before = await passwordOf();
    expect(await refused([url, "--password-file", "/nonexist"], 2)).toMatch(/\/nonexist cannot be read/);
    expect(await refused([url, "--password-command", "exit 3"], 2)).toMatch(/ended with exit code 3/);
    expect(await refused([url, "--ca-file", "/nonexist"], 2)).toMatch(/\/nonexist cannot be read/);
    expect(await passwordOf()).toEqual(before);
    const asked = join(directory, "asked");
    const command = `echo once >>'${asked}'; echo pass`;
    expect((await cli.run(["backup", url, "--password-command", command])).code).toBe(0);
    expect(await readFile(asked, "utf8")).toBe("once\n");
    expect(await passwordOf()).not.toEqual(before);
    expect((await cli.run(["sync"], { env: { PACKETBOAT_PASSWORD: "" } })).code).toBe(0);
  });

  it("nothing was made of accounts that were never let in", async () => {
    const { accounts } = await cli.json<{ accounts: readonly { account: string }[] }>(["account", "list"]);
    expect(accounts.map(({ account }) => account)).toEqual(
      dovecot === undefined ? [] : [`alice@127.0.0.1:${dovecot.tlsPort}`],
    );
  });
});

describe("a server that lets us in", () => {
  it("and lists nothing, not even INBOX, is not believed", async () => {
    const port = await scripted([
      { send: "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n" },
      {
        answer: [
          [/LOGOUT/i, "* BYE\r\n$tag OK\r\n"],
          [/CAPABILITY/i, "* CAPABILITY IMAP4rev1\r\n$tag OK\r\n"],
          [/ /, "$tag OK\r\n"],
        ],
      },
    ]);
    expect(await refused([clear(port)], 6)).toMatch(/lists no mailbox at all/);
  });
});
