// What an address as a person types it comes to. DNS is handed in: most domains say nothing.
import { serverOf, wayAt } from "@packetboat/imap";
import { expect, it } from "vitest";
import { type AskServer, proposedFor } from "../src/operations/proposal.ts";

const silent: AskServer = async () => null;
const told: AskServer = async (domain) => ({ host: `Mail.${domain}`, port: 1993 });

it.each([
  ["ann@gmail.com", silent, "known", "ann@gmail.com", "imap.gmail.com", 993, "tls"],
  [" ann@Hotmail.co.uk ", silent, "known", "ann@Hotmail.co.uk", "outlook.office365.com", 993, "tls"],
  ["ann@example.com", told, "told", "ann@example.com", "mail.example.com", 1993, "tls"],
  ["ann@example.com", silent, "guessed", "ann@example.com", "imap.example.com", 993, "tls"],
  [
    "ann@xn--bcher-kva.example",
    silent,
    "guessed",
    "ann@xn--bcher-kva.example",
    "imap.xn--bcher-kva.example",
    993,
    "tls",
  ],
  ["imaps://ann@mail.example.com:994", told, "given", "ann", "mail.example.com", 994, "tls"],
  ["imap://ann%40x@mail.example.com", told, "given", "ann@x", "mail.example.com", 143, "starttls"],
  ["imap://ann@127.0.0.1:1143?tls=none", told, "given", "ann", "127.0.0.1", 1143, "none"],
] as const)("%s", async (text, ask, found, user, host, port, security) => {
  expect(await proposedFor(text, ask)).toEqual({ found, address: { user, host, port, security } });
});

it.each([
  "ann",
  "ann@",
  "@example.com",
  "a b@example.com",
  "ann@exa mple.com",
  "http://ann@example.com",
  "imaps://ann:pw@example.com",
  "imap://ann@mail.example.com?tls=none",
])("%s is refused without being repeated", async (text) => {
  const refusal = await proposedFor(text, silent).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: "CONFIG_INVALID", message: expect.not.stringContaining(":pw") });
});

it("what a host that DNS names may be is judged like any other", async () => {
  const odd: AskServer = async () => ({ host: "mail.example.com/..", port: 993 });
  await expect(proposedFor("ann@example.com", odd)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});

it("known servers are found by the domain and by their own name alike", () => {
  for (const domain of ["gmail.com", "outlook.com", "yahoo.co.uk", "icloud.com", "fastmail.com"]) {
    const server = serverOf(domain);
    expect([domain, server?.way]).toEqual([domain, wayAt(server?.host ?? "").way]);
  }
  expect(wayAt("mail.example.com")).toEqual({ way: "password", page: null });
});
