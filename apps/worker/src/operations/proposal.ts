// What an address as a person types it comes to: the account's whole address, and how it was found. Nothing is sent to the server that is
// proposed; of a domain that is not known, DNS is asked once (RFC 6186). It must never take longer than a person waits at a field.
import { Resolver } from "node:dns/promises";
import { type AccountAddress, parseAccountUrl, type Security, showAccountUrl } from "@packetboat/config";
import { MailError } from "@packetboat/core";

export type Found = "given" | "known" | "told" | "guessed";

export interface Proposed {
  readonly address: AccountAddress;
  readonly found: Found;
}

/** Asks DNS where a domain's mail is read. */
export type AskServer = (domain: string) => Promise<{ readonly host: string; readonly port: number } | null>;

const DNS_MS = 2_000;

/** RFC 6186: `_imaps._tcp`. Null: the domain says nothing, or says that it has none. */
const askServer: AskServer = async (domain) => {
  const resolver = new Resolver({ timeout: DNS_MS, tries: 1 });
  // A domain that says nothing, and a machine without DNS, come to the same: a person names the server.
  const records = await resolver.resolveSrv(`_imaps._tcp.${domain}`).catch(() => []);
  const [best] = records.toSorted((a, b) => a.priority - b.priority);
  return best === undefined || best.name === "" || best.name === "." ? null : { host: best.name, port: best.port };
};

/** Throws CONFIG_INVALID for what is no address, and for one with a password in it. */
export async function proposedFor(text: string, ask: AskServer = askServer): Promise<Proposed> {
  if (/^\s*[a-z]+:\/\//i.test(text)) {
    const { password, ...address } = parseAccountUrl(text);
    if (password !== null)
      throw new MailError("CONFIG_INVALID", "Leave the password out of the address: it is asked for by itself.");
    return { address, found: "given" };
  }
  const plain = text.trim();
  const [, domain = ""] = /^[^@\s/]+@([^@\s/:]+)$/.exec(plain) ?? [];
  if (domain === "")
    throw new MailError(
      "CONFIG_INVALID",
      "Give a mail address such as you@example.com, or where the account is: imaps://you@mail.example.com",
    );
  const { serverOf } = await import("@packetboat/imap");
  const known = serverOf(domain);
  if (known !== null) return { address: addressOf(plain, known.host, known.port, known.security), found: "known" };
  const told = await ask(domain);
  if (told !== null) return { address: addressOf(plain, told.host, told.port, "tls"), found: "told" };
  return { address: addressOf(plain, `imap.${domain}`, 993, "tls"), found: "guessed" };
}

/** By the reader of addresses, so that a host that DNS or a person gave is judged like any other. */
function addressOf(user: string, host: string, port: number, security: Security): AccountAddress {
  const { password: _, ...address } = parseAccountUrl(showAccountUrl({ user, host, port, security }));
  return address;
}
