// Which profile a server gets: by host, else by what it announces or calls itself; and what a person chose over it. And which pause a server's
// words ask for.
import { describe, expect, it } from "vitest";
import { Refused, refusedError } from "../src/errors.ts";
import { profileFor } from "../src/index.ts";

const MB = 1_000_000;

describe("a profile", () => {
  it.each([
    ["imap.gmail.com", "Gmail"],
    ["IMAP.GoogleMail.com.", "Gmail"],
    ["outlook.office365.com", "Microsoft 365"],
    ["imap-mail.outlook.com", "Outlook.com"],
    ["imap.mail.yahoo.com", "Yahoo"],
    ["imap.mail.me.com", "iCloud"],
    ["imap.fastmail.com", "Fastmail"],
    ["imap.gmx.net", "GMX"],
    ["mail.example.com", "unknown"],
    ["imap.gmail.com.example.org", "unknown"],
  ])("of %s is that of %s", (host, name) => {
    expect(profileFor({ host, capabilities: null, id: null }).name).toBe(name);
  });

  it.each([
    ["X-GM-EXT-1", null, "Gmail"],
    ["XYMHIGHESTMODSEQ", null, "Yahoo"],
    ["X-CREATEDMODSEQ", null, "Cyrus"],
    ["ACL2=UNION", null, "Courier"],
    ["IDLE", "Dovecot", "Dovecot"],
    ["IDLE", "Cyrus IMAPD", "Cyrus"],
    ["IDLE", "Something", "unknown"],
  ])("of a server that announces %s and calls itself %s is that of %s", (word, id, name) => {
    expect(profileFor({ host: "mail.example.com", capabilities: new Set([word]), id }).name).toBe(name);
  });

  it("of Gmail has the numbers that it publishes, and says that we did not test it", () => {
    const gmail = profileFor({ host: "imap.gmail.com", capabilities: null, id: null });
    expect(gmail.tested).toBe(false);
    expect(gmail.limits).toMatchObject({ connections: 15, downPerDay: 2_500 * MB, upPerDay: 500 * MB });
  });

  it("says of the servers that the suites run against that they are tested", () => {
    for (const id of ["Dovecot", "Cyrus", "Courier"])
      expect(profileFor({ host: "mail.example.com", capabilities: null, id }).tested).toBe(true);
  });

  it("is overridden by what a person chose", () => {
    const { limits } = profileFor({ host: "imap.gmail.com", capabilities: null, id: null }, { upPerDay: null });
    expect(limits).toMatchObject({ connections: 15, upPerDay: null });
  });
});

describe("the pause that a refusal asks for", () => {
  it.each([
    ["BAD", null, "Request is throttled. Suggested Backoff Time: 92415 milliseconds", "backoff", 92_415],
    ["NO", null, "Request is throttled. Suggested Backoff Time: 3600000 milliseconds", "backoff", 3_600_000],
    ["NO", "LIMIT", "Too much", "limit", null],
    ["NO", "UNAVAILABLE", "Try later", "unavailable", null],
    ["NO", "INUSE", "Mailbox in use", "inuse", null],
    ["NO", "OVERQUOTA", "Account exceeded command or bandwidth limits.", "bandwidth", null],
    ["NO", null, "Account exceeded command or bandwidth limits. (Failure)", "bandwidth", null],
    ["NO", "ALERT", "Too many simultaneous connections. (Failure)", "connections", null],
  ] as const)("%s [%s] %s", (status, code, text, hint, waitMs) => {
    const endpoint = { host: "mail.example.com", port: 993, security: "tls" } as const;
    const error = refusedError(new Refused(status, code, text), endpoint);
    expect(error).toMatchObject({ code: "THROTTLED", context: { hint, waitMs } });
    expect(error.message).not.toContain(text);
  });
});
