// Addresses of accounts: what is understood, what is refused with which sentence, and that no password gets into a message.
import { isMailError } from "@packetboat/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AccountUrl, accountName, isLoopback, parseAccountUrl, showAccountUrl } from "../src/index.ts";

const read = (text: string) => {
  const { user, host, port, security, password } = parseAccountUrl(text, { allowCleartext: true });
  return `${user}|${host}|${port}|${security}|${password ?? "-"}`;
};

describe("what is understood", () => {
  it.each([
    ["imaps://you@mail.example.com", "you|mail.example.com|993|tls|-"],
    ["imaps://you@mail.example.com:1993/", "you|mail.example.com|1993|tls|-"],
    ["imap://you@mail.example.com", "you|mail.example.com|143|starttls|-"],
    ["imap://you:secret@127.0.0.1:1143?tls=none", "you|127.0.0.1|1143|none|secret"],
    ["imap://you:secret@127.0.0.1:1143/?tls=none", "you|127.0.0.1|1143|none|secret"],
    ["IMAPS://You@Mail.Example.COM", "You|mail.example.com|993|tls|-"],
    ["imaps://you@example.com@mail.example.com", "you@example.com|mail.example.com|993|tls|-"],
    [
      "imaps://you%40example.com:p%40ss%2Fw%3Ard@mail.example.com",
      "you@example.com|mail.example.com|993|tls|p@ss/w:rd",
    ],
    ["imaps://you:a:b@mail.example.com", "you|mail.example.com|993|tls|a:b"],
    ["imaps://you:@mail.example.com", "you|mail.example.com|993|tls|-"],
    ["imaps://you@[2001:DB8::1]:994", "you|2001:db8::1|994|tls|-"],
    ["imaps://you@[fe80::1%25eth0]", "you|fe80::1%eth0|993|tls|-"],
    ["imaps://you@bücher.example", "you|xn--bcher-kva.example|993|tls|-"],
    ["imaps://jürgen@mail.example.com.", "jürgen|mail.example.com|993|tls|-"],
    [" imaps://you@mail.example.com \n", "you|mail.example.com|993|tls|-"],
    ["imaps://DOMAIN%5Cyou@mail.example.com", "DOMAIN\\you|mail.example.com|993|tls|-"],
  ])("%s", (text, expected) => expect(read(text)).toBe(expected));
});

describe("what is refused", () => {
  it.each([
    ["", /empty/],
    ["you@mail.example.com", /imaps:\/\/ or imap:\/\/ is missing/],
    ["pop3://you:hunter2@mail.example.com", /pop3:\/\/ is not/],
    ["imaps://mail.example.com", /names no user/],
    ["imaps://:hunter2@mail.example.com", /names no user/],
    ["imaps://you@", /names no host/],
    ["imaps://you@:993", /names no host/],
    ["imaps://you@mail..example.com", /not a host name/],
    ["imaps://you@mail_.-.example/INBOX", /ends after the host/],
    ["imaps://you@ma il.example.com", /not a host name/],
    ["imaps://you@mail.example.com:0", /port/],
    ["imaps://you@mail.example.com:65536", /port/],
    ["imaps://you@2001:db8::1", /brackets/],
    ["imaps://you@[mail.example.com]", /not an IPv6/],
    ["imaps://you@mail.example.com/INBOX", /ends after the host/],
    ["imaps://you@mail.example.com?tls=none", /contradict/],
    ["imap://you@127.0.0.1?tls=off", /only setting/],
    ["imap://you@127.0.0.1?compress=1", /only setting/],
    ["imaps://you@mail.example.com#x", /after #/],
    ["imaps://you:hunter2%zz@mail.example.com", /starts no code/],
    ["imaps://you:hunter2/x@mail.example.com", /must be written with %2F/],
    ["imaps://you:hunter2?x@mail.example.com", /must be written with %2F/],
    ["imaps://you%0D%0Ax:hunter2@mail.example.com", /control character/],
    ["imap://you:hunter2@mail.example.com?tls=none", /Clear text/],
    ["imap://you:hunter2@10.0.0.1?tls=none", /Clear text/],
  ])("%s", (text, sentence) => {
    let thrown: unknown;
    try {
      parseAccountUrl(text);
    } catch (error) {
      thrown = error;
    }
    expect(isMailError(thrown) && thrown.code).toBe("CONFIG_INVALID");
    expect((thrown as Error).message).toMatch(sentence);
    expect((thrown as Error).message).not.toContain("hunter2");
    expect((thrown as Error).message).not.toContain("\n");
  });
});

const hosts = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6().filter((host) => !/\d+\.\d+/.test(host)),
);
const users = fc
  .string({ unit: "binary", minLength: 1, maxLength: 40 })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  .filter((user) => !/[\u0000-\u001f\u007f]/.test(user) && user.isWellFormed());
const secrets = users;

describe("for every address", () => {
  it("reading what is shown gives the same account, without the password", () => {
    fc.assert(
      fc.property(
        users,
        hosts,
        secrets,
        fc.integer({ min: 1, max: 65_535 }),
        fc.constantFrom("imaps", "imap"),
        (user, host, password, port, scheme) => {
          const bracketed = host.includes(":") ? `[${host}]` : host;
          const text = `${scheme}://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${bracketed}:${port}`;
          const account: AccountUrl = parseAccountUrl(text);
          expect(account.user).toBe(user);
          expect(account.password).toBe(password);
          const shown = showAccountUrl(account);
          expect(parseAccountUrl(shown)).toEqual({ ...account, password: null });
          expect(shown).toMatch(/^[\x21-\x7e]+$/);
        },
      ),
    );
  });

  it("anything at all is read or refused with one sentence, never another error", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.webUrl(),
          fc.string().map((text) => `imaps://${text}`),
        ),
        (text) => {
          try {
            parseAccountUrl(text);
          } catch (error) {
            expect(isMailError(error) && error.code).toBe("CONFIG_INVALID");
          }
        },
      ),
    );
  });
});

it("names an account by its address", () => {
  expect(accountName(parseAccountUrl("imaps://you@example.com@mail.example.com"))).toBe("you@example.com");
  expect(accountName(parseAccountUrl("imaps://you@mail.example.com"))).toBe("you@mail.example.com");
});

it("knows which hosts never leave the machine", () => {
  for (const host of ["127.0.0.1", "127.8.8.8", "::1", "localhost", "imap.localhost", "::ffff:127.0.0.1"])
    expect(isLoopback(host)).toBe(true);
  for (const host of [
    "10.0.0.1",
    "128.0.0.1",
    "::2",
    "localhost.example.com",
    "127.example.com",
    "127.0.0.1.example.com",
  ])
    expect(isLoopback(host)).toBe(false);
});
