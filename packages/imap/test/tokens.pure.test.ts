// Tokens that renew themselves: which way they are shown, that each connection asks for one, and that a refused one is renewed once and
// never again. On real sockets, against scripted servers.
import { POLITE_ANSWERS, type ScriptedServer, startScripted } from "@packetboat/testkit";
import { expect, test } from "vitest";
import { type ConnectOptions, connectRemote, type TokenMechanism, type TokenSource } from "../src/index.ts";

const USER = "alice";
const base64 = (text: string) => Buffer.from(text).toString("base64");
const xoauth2 = (token: string) => `XOAUTH2 ${base64(`user=${USER}\x01auth=Bearer ${token}\x01\x01`)}`;

const wordsOf = (line: string): string => {
  const [, mechanism = "", words = ""] = /AUTHENTICATE (\S+) (\S+)$/.exec(line) ?? [];
  const token = Buffer.from(words, "base64").toString().split("auth=Bearer ")[1]?.split("\x01")[0];
  return `${mechanism} ${token}`;
};

/** What was shown to a server, sign-in by sign-in. */
const shownTo = (server: ScriptedServer) =>
  server
    .received()
    .filter((line) => / AUTHENTICATE /.test(line))
    .map(wordsOf);

/** Takes these tokens by XOAUTH2 and any by OAUTHBEARER; refuses the others as providers do. */
const taking = (offered: string, tokens: readonly string[]) =>
  startScripted([
    { send: `* OK [CAPABILITY IMAP4rev1 SASL-IR ${offered}] ready\r\n` },
    {
      answer: [
        ...tokens.map((token): readonly [RegExp, string] => [
          new RegExp(`AUTHENTICATE ${xoauth2(token).replace(/[+/=]/g, "\\$&")}$`),
          "$tag OK [CAPABILITY IMAP4rev1] in\r\n",
        ]),
        [/AUTHENTICATE OAUTHBEARER /, "$tag OK [CAPABILITY IMAP4rev1] in\r\n"],
        [/AUTHENTICATE /, "$tag NO [AUTHENTICATIONFAILED] no\r\n"],
        ...POLITE_ANSWERS,
      ],
    },
  ]);

function optionsFor(port: number, give: TokenSource, mechanism?: TokenMechanism): ConnectOptions {
  const auth = { kind: "tokens", give, ...(mechanism === undefined ? {} : { mechanism }) } as const;
  return { host: "127.0.0.1", port, security: "none", user: USER, auth, limits: { goodbyeMs: 200 } };
}

/** Gives these, one a question, and remembers the questions. */
function giving(...tokens: readonly (string | null)[]) {
  const asked: (string | null)[] = [];
  const give: TokenSource = async (refused) => tokens[asked.push(refused) - 1] ?? null;
  return { asked, give };
}

test.for([
  ["AUTH=XOAUTH2 AUTH=OAUTHBEARER", undefined, "OAUTHBEARER"],
  ["AUTH=XOAUTH2 AUTH=OAUTHBEARER", "xoauth2", "XOAUTH2"],
  ["AUTH=XOAUTH2", undefined, "XOAUTH2"],
  ["AUTH=XOAUTH2", "oauthbearer", "XOAUTH2"],
  ["AUTH=OAUTHBEARER", "xoauth2", "OAUTHBEARER"],
] as const)("%s, asked for %s: %s", async ([offered, wanted, used]) => {
  await using server = await taking(offered, ["one"]);
  const remote = await connectRemote(optionsFor(server.port, giving("one").give, wanted));
  await remote.close();
  expect(shownTo(server)).toEqual([`${used} one`]);
});

test("trap 27: a token that the server refuses is renewed once, and signs in on a new connection", async () => {
  await using server = await taking("AUTH=XOAUTH2", ["two"]);
  const { asked, give } = giving("one", "two");
  const remote = await connectRemote(optionsFor(server.port, give));
  await remote.close();
  expect(asked).toEqual([null, "one"]);
  expect(shownTo(server)).toEqual(["XOAUTH2 one", "XOAUTH2 two"]);
  expect(server.connections().total).toBe(2);
});

test.for([
  ["another that is refused too", ["one", "two", "three"], 2],
  ["the same again", ["one", "one", "three"], 1],
  ["none", ["one", null, "three"], 1],
] as const)(
  "trap 27: refused, and the source gives %s: AUTH_REJECTED, and no further try",
  async ([, tokens, tries]) => {
    await using server = await taking("AUTH=XOAUTH2", ["three"]);
    const { asked, give } = giving(...tokens);
    await expect(connectRemote(optionsFor(server.port, give))).rejects.toMatchObject({
      code: "AUTH_REJECTED",
      message: expect.stringMatching(/also with a fresh access token.*packetboat account login/),
    });
    expect(asked).toEqual([null, "one"]);
    expect(shownTo(server)).toHaveLength(tries);
  },
);

test("what the source throws is what the person is told, before anything is connected", async () => {
  await using server = await taking("AUTH=XOAUTH2", []);
  const give: TokenSource = () => Promise.reject(new Error("the provider is gone"));
  await expect(connectRemote(optionsFor(server.port, give))).rejects.toThrow("the provider is gone");
  expect(server.connections().total).toBe(0);
});
