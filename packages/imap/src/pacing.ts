// Which pace the connections of an account keep: asked for by host before the first is opened, and once more by what the server announces,
// when the host said nothing. Without one everything here costs nothing. It must never open or send anything.
import { hintIn, type MailError, type Pace, type Release } from "@packetboat/core";
import type { ServerFacts } from "./profiles.ts";

/** Gives the pace of an account at this server; null: it needs none. */
export type PaceFor = (server: ServerFacts) => Promise<Pace | null>;

export class Pacing {
  readonly #paceFor: PaceFor | null;
  readonly #host: string;
  #byHost: Promise<Pace | null> | null = null;
  #byServer: Promise<Pace | null> | null = null;
  /** Null: none is needed, or none is known yet. */
  pace: Pace | null = null;

  constructor(paceFor: PaceFor | null, host: string) {
    this.#paceFor = paceFor;
    this.#host = host;
  }

  /** A place for a connection; null where there is no bound, or none known yet. */
  async place(signal: AbortSignal | null): Promise<Release | null> {
    await this.#ask(null);
    return (await this.pace?.connection(signal)) ?? null;
  }

  /** The same for one that can be done without. `refused`: there is no room for it. */
  async sparePlace(): Promise<Release | null | "refused"> {
    await this.#ask(null);
    return this.pace === null ? null : ((await this.pace.spareConnection()) ?? "refused");
  }

  /** The server let us in. Gives a place for that connection where it turns out that it needs one. */
  async signedIn(capabilities: ReadonlySet<string>, signal: AbortSignal | null): Promise<Release | null> {
    if (this.pace !== null || this.#paceFor === null) return null;
    await this.#ask(capabilities);
    return (await (this.pace as Pace | null)?.connection(signal)) ?? null;
  }

  async #ask(capabilities: ReadonlySet<string> | null): Promise<void> {
    if (this.pace !== null || this.#paceFor === null) return;
    const facts = { host: this.#host, capabilities, id: null };
    if (capabilities === null) {
      this.#byHost ??= this.#paceFor(facts);
      this.pace = await this.#byHost;
    } else {
      this.#byServer ??= this.#paceFor(facts);
      this.pace = await this.#byServer;
    }
  }

  /** Tells of a pause that the server asks for. Gives whether it is short enough to be waited for. */
  obeys(error: MailError): boolean {
    const hint = hintIn(error);
    return hint !== null && this.pace?.told(hint) === true;
  }
}
