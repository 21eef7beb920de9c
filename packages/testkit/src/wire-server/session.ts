// One connection of the wire server: who it is, what it has selected, which numbers it has told (RFC 9051 section 2.3.1.2), and the faults
// that befall its commands. What the commands say is in listing.ts, reading.ts and writing.ts. States: not signed in, signed in, selected.

import { type Command, textOfArgument } from "./command.ts";
import type { Ended, Selected, SessionState, Shared, Wire } from "./connection.ts";
import { listCommand, lsubCommand, namespaceCommand, statusCommand } from "./listing.ts";
import { fetchCommand, searchCommand, selectCommand, storeCommand } from "./reading.ts";
import { wireSet } from "./render.ts";
import { appendCommand, copyCommand, expungeCommand, mailboxCommand } from "./writing.ts";

export class Session implements SessionState {
  readonly shared: Shared;
  readonly wire: Wire;
  selected: Selected | null = null;
  qresync = false;
  /** Of this connection, for UIDVALIDITYs that are another in each. */
  readonly number: number;
  private signedIn = false;

  constructor(shared: Shared, wire: Wire) {
    this.shared = shared;
    this.wire = wire;
    this.number = ++shared.sessions;
  }

  has(capability: string): boolean {
    return this.shared.capabilities.includes(capability);
  }

  async run(command: Command | { readonly tag: string; readonly error: string }): Promise<void> {
    if ("error" in command) return this.wire.send(`${command.tag} BAD ${command.error}\r\n`);
    const line = command.line.slice(command.tag.length + 1);
    this.shared.commands.push(/^(LOGIN|AUTHENTICATE)/i.test(line) ? command.name : line);
    const { faults, model } = this.shared;
    faults.on("user", line, (fault) => fault.when !== "after")?.act(model);
    if (faults.on("cut", line, (fault) => fault.when === "before")) return this.wire.close("reset");
    if (faults.on("hang", line)) return;
    const bye = faults.on("bye", line);
    if (bye) {
      await this.wire.send(`* BYE ${bye.text}\r\n`);
      return this.wire.close("end");
    }
    const flood = faults.on("flood", line);
    while (flood) {
      await this.wire.send(flood.text.repeat(50));
      // Client and server may share this process: a flood must not keep it from reading.
      await new Promise(setImmediate);
    }
    const inject = faults.on("inject", line);
    if (inject) await this.wire.send(inject.text);
    const answer = faults.on("answer", line);
    const ended = answer ? answer.text : await this.answer(command);
    faults.on("user", line, (fault) => fault.when === "after")?.act(model);
    if (ended === null) return;
    if (faults.on("cut", line, (fault) => fault.when === "after")) return this.wire.close("reset");
    await this.tellChanges(command.name);
    await this.wire.send(`${command.tag} ${ended}\r\n`);
    if (command.name === "LOGOUT") this.wire.close("end");
  }

  private async answer(command: Command): Promise<Ended> {
    switch (command.name) {
      case "CAPABILITY":
        await this.wire.send(`* CAPABILITY ${this.shared.capabilities.join(" ")}\r\n`);
        return "OK done";
      case "NOOP":
      case "CHECK":
        return "OK done";
      case "ID":
        await this.wire.send('* ID ("name" "packetboat-testkit")\r\n');
        return "OK done";
      case "LOGOUT":
        await this.wire.send("* BYE see you\r\n");
        return "OK done";
      case "LOGIN":
        return this.signIn(textOfArgument(command.args[0]), textOfArgument(command.args[1]));
      case "AUTHENTICATE":
        return this.authenticate(command);
      default:
        return this.signedIn ? this.signedInCommand(command) : "BAD sign in first";
    }
  }

  private async signedInCommand(command: Command): Promise<Ended> {
    switch (command.name) {
      case "ENABLE":
        return this.enable(command);
      case "NAMESPACE":
        return namespaceCommand(this);
      case "LIST":
        return listCommand(this, command);
      case "LSUB":
        return lsubCommand(this, command);
      case "STATUS":
        return statusCommand(this, command);
      case "SELECT":
      case "EXAMINE":
        return selectCommand(this, command);
      case "CREATE":
      case "DELETE":
      case "RENAME":
      case "SUBSCRIBE":
      case "UNSUBSCRIBE":
        return mailboxCommand(this, command);
      case "APPEND":
        return appendCommand(this, command);
      case "IDLE":
        return this.idle();
      default:
        return this.selected === null ? "BAD select first" : this.selectedCommand(command, this.selected);
    }
  }

  private async selectedCommand(command: Command, selected: Selected): Promise<Ended> {
    const { mailbox } = selected;
    if (this.shared.model.find(mailbox.name) !== mailbox || mailbox.uidValidity !== selected.uidValidity) {
      await this.wire.send("* BYE the mailbox is not what it was\r\n");
      this.wire.close("end");
      return null;
    }
    switch (command.name) {
      case "FETCH":
      case "UID FETCH":
        return fetchCommand(this, selected, command);
      case "SEARCH":
      case "UID SEARCH":
        return searchCommand(this, selected, command);
      case "STORE":
      case "UID STORE":
        return storeCommand(this, selected, command);
      case "EXPUNGE":
      case "UID EXPUNGE":
        return expungeCommand(this, selected, command);
      case "COPY":
      case "UID COPY":
      case "MOVE":
      case "UID MOVE":
        return copyCommand(this, selected, command);
      case "CLOSE":
      case "UNSELECT":
        this.selected = null;
        return "OK done";
      default:
        return "BAD unknown command";
    }
  }

  /** EXPUNGE or VANISHED, then EXISTS: what others did, told where RFC 9051 section 7.5.1 allows it. */
  private async tellChanges(name: string): Promise<void> {
    const { selected } = this;
    if (selected === null || ["FETCH", "STORE", "SEARCH"].includes(name)) return;
    const { messages } = selected.mailbox;
    const gone = selected.view.filter((uid) => !messages.has(uid));
    if (gone.length > 0 && this.qresync) await this.wire.send(`* VANISHED ${wireSet(gone)}\r\n`);
    else
      for (let i = selected.view.length - 1; i >= 0; i--)
        if (!messages.has(selected.view[i] ?? 0)) await this.wire.send(`* ${i + 1} EXPUNGE\r\n`);
    const before = selected.view.length - gone.length;
    selected.view = [...messages.keys()];
    if (selected.view.length > before) await this.wire.send(`* ${selected.view.length} EXISTS\r\n`);
  }

  /** Until the client says DONE, what others do is told as it happens (RFC 2177). */
  private async idle(): Promise<Ended> {
    const { listeners } = this.shared.model;
    // One after the other: two changes at once would both be told from the same view.
    let telling = this.wire.send("+ idling\r\n");
    const listener = (): void => {
      telling = telling.then(() => this.tellChanges("IDLE")).catch(() => undefined);
    };
    listeners.add(listener);
    try {
      const line = await this.wire.nextLine();
      return /^done$/i.test(line) ? "OK done" : "BAD not DONE";
    } finally {
      listeners.delete(listener);
      await telling;
    }
  }

  private enable(command: Command): Ended {
    if (!this.has("ENABLE")) return "BAD unknown command";
    const asked = command.args.map((argument) => (textOfArgument(argument) ?? "").toUpperCase());
    const on = asked.filter((name) => (name === "QRESYNC" || name === "CONDSTORE") && this.has(name));
    if (on.includes("QRESYNC")) this.qresync = true;
    void this.wire.send(`* ENABLED ${on.join(" ")}\r\n`);
    return "OK done";
  }

  private async authenticate(command: Command): Promise<Ended> {
    if ((textOfArgument(command.args[0]) ?? "").toUpperCase() !== "PLAIN" || !this.has("AUTH=PLAIN"))
      return "NO unknown mechanism";
    let coded = textOfArgument(command.args[1]);
    if (coded === null) {
      await this.wire.send("+ \r\n");
      coded = await this.wire.nextLine();
    }
    const [, user = "", pass = ""] = Buffer.from(coded, "base64").toString("utf8").split("\0");
    return this.signIn(user, pass);
  }

  private signIn(user: string | null, pass: string | null): Ended {
    if (user !== this.shared.user || pass !== this.shared.pass) return "NO [AUTHENTICATIONFAILED] wrong";
    this.signedIn = true;
    return `OK [CAPABILITY ${this.shared.capabilities.join(" ")}] welcome`;
  }
}
