// The raw limit of the library: imapflow reads every body of an account and drops it. A program of its own, measured from exec to exit.

import { ImapFlow } from "imapflow";

/** What a program that keeps mail has to know of a message. */
const ITEMS = { uid: true, flags: true, internalDate: true, size: true, source: true };

const [port = "143", user = ""] = process.argv.slice(2);
const client = new ImapFlow({
  host: "127.0.0.1",
  port: Number(port),
  secure: false,
  doSTARTTLS: false,
  disableCompression: true,
  auth: { user, pass: "pass" },
  logger: false,
});
await client.connect();
let messages = 0;
let bytes = 0;
for (const mailbox of await client.list()) {
  if (mailbox.flags.has("\\Noselect")) continue;
  const opened = await client.mailboxOpen(mailbox.path, { readOnly: true });
  if (opened.exists === 0) continue;
  for await (const message of client.fetch("1:*", ITEMS, { uid: true })) {
    messages++;
    bytes += message.source?.length ?? 0;
  }
}
await client.logout();
process.stdout.write(`${JSON.stringify({ messages, bytes })}\n`);
