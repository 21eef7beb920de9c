// packetboat.yaml: what is understood, what is refused with which line and sentence, that no password gets into one, and that the schema and the
// sample in docs are what the program prints.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MailError } from "@packetboat/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Declaration, loadDeclared } from "../src/index.ts";

const { printedSample, printedSchema, readDeclaration } = await loadDeclared();
const docs = (name: string) => readFileSync(join(import.meta.dirname, "../../../docs", name), "utf8");

const read = (text: string) =>
  readDeclaration(text, {
    directory: "/etc/packetboat",
    checkSchedule: ({ cron }) => {
      if (cron.split(" ").length !== 5) throw new MailError("CONFIG_INVALID", "A schedule has five fields.");
    },
  });

function declared(text: string): Declaration {
  const result = read(text);
  if (result.kind === "problems") throw new Error(JSON.stringify(result.problems));
  return result.declaration;
}

/** "line:column sentence" of every problem. */
function problems(text: string): readonly string[] {
  const result = read(text);
  return result.kind === "declared" ? [] : result.problems.map((each) => `${each.line}:${each.column} ${each.text}`);
}

const account = (lines: string) => `accounts:\n  work:\n    url: imaps://you@mail.example.com\n    ${lines}\n`;
const link = (lines: string) =>
  `archives: [all]\naccounts: { work: { url: "imaps://you@mail.example.com" } }\nlinks:\n  - account: work\n    archive: all\n    ${lines}\n`;
const two = (first: string, second: string) => `archives: [all]
accounts: { a: { url: "imaps://a@x.example" }, b: { url: "imaps://b@x.example" } }
links:
  - { account: a, archive: all${first} }
  - { account: b, archive: all${second} }
`;

describe("what is understood", () => {
  it("has defaults, absolute paths and numbers", () => {
    const { accounts } = declared(
      account(
        "password: { file: secrets/work }\n    limits: { downPerDay: 2GB, bytesPerSecond: 5 MiB, upPerDay: 7, connections: 3 }",
      ),
    );
    expect(accounts).toEqual([
      {
        address: { user: "you", host: "mail.example.com", port: 993, security: "tls" },
        auth: null,
        authzid: null,
        caFile: null,
        password: { kind: "file", path: "/etc/packetboat/secrets/work" },
        signIn: null,
        limits: { connections: 3, bytesPerSecond: 5 * 1024 * 1024, downPerDay: 2e9, upPerDay: 7 },
      },
    ]);
  });

  it("a link pulls and does not push unless it is told to, and names its terms", () => {
    const [plain] = declared(link("")).links;
    expect(plain).toMatchObject({ rights: { pull: true, push: false }, policy: { removals: null }, schedule: null });
    const [full] = declared(
      link(
        'prefix: Work/Old\n    completeEvery: 2 days\n    guard: { share: 20 }\n    schedule: { cron: "5 4 * * *", spread: 90s }',
      ),
    ).links;
    expect(full).toMatchObject({
      policy: { prefix: ["Work", "Old"], completeEvery: 172_800_000, guardShare: 0.2, guardMessages: 100 },
      schedule: { cron: "5 4 * * *", timeZone: "UTC", spreadSeconds: 90, watch: false },
    });
  });

  it("a key without a value says nothing, and anchors stand for what they name", () => {
    expect(declared("archives: [all]\naccounts:\nlinks:\n")).toEqual({ archives: ["all"], accounts: [], links: [] });
    const { accounts } = declared(
      "accounts:\n  a: { url: 'imaps://a@x.example', limits: &few { connections: 1 } }\n  b: { url: 'imaps://b@x.example', limits: *few }\n",
    );
    expect(accounts.map(({ limits }) => limits)).toEqual([{ connections: 1 }, { connections: 1 }]);
  });

  it("whichever of two links says merge says it for both", () => {
    for (const text of [two(", merge: true", ""), two("", ", merge: true")])
      expect(declared(text).links.map(({ merge }) => merge)).toEqual([true, true]);
  });
});

describe("what is refused, with its line and what to write instead", () => {
  it.each([
    ["acounts:", ["1:1 The file knows no acounts. Did you mean accounts?"]],
    [account("pasword: { env: X }"), ["4:5 accounts.work knows no pasword. Did you mean password?"]],
    [link("flag_scan_every: 3h"), ["6:5 link 1 knows no flag_scan_every. Did you mean flagScanEvery?"]],
    [link("schedule: { zone: UTC }"), ["6:17 link 1: schedule knows no zone. It knows cron, timeZone, spread, watch."]],
    [
      account("limits: { conections: 3 }"),
      ["4:15 accounts.work.limits knows no conections. Did you mean connections?"],
    ],
    [account("__proto__: 3"), [expect.stringMatching(/^4:5 accounts\.work knows no __proto__\. It knows url, /)]],
    [
      account("limits: { downPerDay: 5 parsecs }"),
      ["4:15 accounts.work.limits.downPerDay is a size such as 500kB, 5MB or 2GB, or a number of bytes."],
    ],
    [link("push: yes"), ["6:5 link 1: push is true or false."]],
    [link("removals: all"), ["6:5 link 1: removals is mirror, trash or never."]],
    [link("include: INBOX"), ["6:5 link 1: include is a list of patterns such as [INBOX, Work/*]."]],
    [link("guard: { share: 101 }"), ["6:14 link 1: guard.share is a whole number from 1 to 100."]],
    [
      "accounts: { work: { auth: plain } }",
      [expect.stringMatching(/^1:13 accounts\.work has no url, which is an address/)],
    ],
    [
      link("").replace("account: work", "account: wrok"),
      ["4:5 link 1: account names no account of this file. Did you mean work?"],
    ],
    [
      link("").replace("archive: all", "archive: everything"),
      ["5:5 link 1: archive names no archive of this file. Name it under archives first."],
    ],
    [link("pull: false"), ["4:5 link 1 neither pulls nor pushes. Take it out, or give it a right."]],
    [link("schedule: { spread: 5m }"), [expect.stringMatching(/^6:5 link 1: schedule says neither when/)]],
    [link("schedule: { cron: 5 4 * }"), ["6:5 link 1: schedule cannot be read. A schedule has five fields."]],
    [link("schedule: { cron: * * * * * }"), [expect.stringMatching(/^6:\d+ /)]],
    [two("", ""), [expect.stringMatching(/^5:5 link 2 would mix the account up with imaps:\/\/a@x\.example/)]],
    [two(", prefix: A", ", prefix: A/B"), [expect.stringMatching(/^5:5 link 2 would mix/)]],
    [
      two("", "").replace("account: b", "account: a"),
      [expect.stringMatching(/^5:5 link 2 ties the same account/), expect.anything()],
    ],
    [
      "accounts: { a: { url: 'imaps://a@x.example' }, b: { url: 'imaps://a@X.example:993' } }",
      ["1:48 accounts.b is the same account as a: user, host and port. Keep one."],
    ],
    [
      "accounts: { a: { url: 'imap://a@x.example?tls=none' } }",
      [expect.stringMatching(/^1:18 accounts\.a\.url would show the password/)],
    ],
    ["accounts: { a: { url: x.example } }", [expect.stringMatching(/^1:18 accounts\.a\.url cannot be read\. /)]],
    ["archives: [a, a]", ["1:15 archive 2 is there twice. Keep one."]],
    ["archives: [a]\narchives: [b]", ["2:1 This key is there twice. Keep one."]],
    ["archives:\n\t- a", [expect.stringMatching(/^2:1 YAML takes no tabs/)]],
    ["archives: [a]\n---\nlinks: []", [expect.stringMatching(/^2:1 A file declares one thing/)]],
    ["archives: [*all]", ["1:12 Put a text that begins with * in quotes."]],
    ["archives: !secret [a]", [expect.stringMatching(/^1:11 Tags/)]],
    ["- a", ["1:1 The file holds archives, accounts and links."]],
    ["", ["1:1 The file declares nothing. packetboat apply --sample prints what it may hold."]],
    ["{}", ["1:1 The file declares nothing. packetboat apply --sample prints what it may hold."]],
  ])("%j", (text, expected) => expect(problems(text)).toEqual(expected));

  it("all at once, by line", () => {
    const text = `${account("auth: magic")}links:\n  - 7\n`;
    expect(problems(text).map((each) => each.split(" ")[0])).toEqual(["4:5", "6:5"]);
  });

  it("a bomb of aliases", () => {
    const layers = Array.from({ length: 9 }, (_, n) => `l${n + 1}: &l${n + 1} [${`*l${n},`.repeat(9)}]`);
    expect(problems(`l0: &l0 [a]\n${layers.join("\n")}\n`)).toEqual([
      "1:1 The file refers to itself too often. Write it out.",
    ]);
  });
});

describe("a password", () => {
  const never = /is never written here.*env: NAME.*file: PATH.*command: COMMAND/;
  it.each([
    account("password: hunter2"),
    account("password: { hunter2 }"),
    account("password: { value: hunter2 }"),
    account("password: [hunter2]"),
    account("").replace("you@", "you:hunter2@"),
  ])("is refused where it stands in the file: %j", (text) => {
    const found = problems(text);
    expect(found.some((each) => never.test(each))).toBe(true);
    expect(found.join()).not.toContain("hunter2");
  });

  it("is one way, not two", () => {
    expect(problems(account("password: { env: A, file: b }"))).toEqual([
      "4:5 accounts.work.password is exactly one of env, file and command.",
    ]);
    expect(problems(account("password: {}"))).toHaveLength(1);
    expect(problems(account("password: { env: A }\n    signIn: { provider: google, clientId: x }"))).toHaveLength(1);
  });

  it("never gets into a problem, whatever is wrong around it", () => {
    const junk = fc.constantFrom(
      "*",
      "&",
      "!",
      "|",
      "- ",
      ": ",
      "{",
      "[",
      '"',
      "'",
      "\t",
      "\\",
      "#",
      "%",
      "@",
      "`",
      "\n  ",
      "",
    );
    fc.assert(
      fc.property(junk, junk, junk, (before, between, after) => {
        // What stands where names stand is a name, and names are told.
        fc.pre(!(before === "\n  " && after === ": "));
        const text = account(`${between}password: ${before}hunter2${after}`);
        expect(problems(text).join()).not.toContain("hunter2");
      }),
    );
  });
});

describe("what is printed", () => {
  it("is what docs hold", () => {
    expect(printedSchema()).toBe(docs("packetboat.schema.json"));
    expect(printedSample()).toBe(docs("packetboat.sample.yaml"));
  });

  it("the sample is understood, and shows every key that the schema has", () => {
    expect(problems(printedSample())).toEqual([]);
    const sample = printedSample();
    const described = [...printedSchema().matchAll(/"description": ("(?:[^"\\]|\\.)*")/g)].map((match) =>
      String(JSON.parse(match[1]!)),
    );
    expect(described.length).toBeGreaterThan(30);
    for (const text of described.filter((each) => !each.startsWith("What `packetboat apply` makes")))
      expect(sample).toContain(`# ${text}\n`);
  });
});
