// A route as data: where it is, what it needs, what it takes and what it answers. The server, the OpenAPI document and the tests are all made of
// the same list, so none of them can say what another does not.
import type { Caller, Chance, Need, Random } from "@packetboat/archive";
import type { ArchiveId, MailError } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import type { ContentReader } from "@packetboat/index";
import type { z } from "zod";
import type { LinkStanding } from "../host.ts";
import type { JobBoard } from "../jobs/board.ts";
import type { Uploads } from "../jobs/uploads.ts";
import type { Operations } from "../operations.ts";
import type { WebProvider } from "../web-provider.ts";
import type { Orders } from "./orders.ts";
import type { Page } from "./page.ts";
import type { PictureType } from "./picture.ts";
import type { Place } from "./place.ts";
import type { SidesBook } from "./sides-book.ts";
import type { SignIns } from "./sign-ins.ts";
import type { TallyBook } from "./tally-book.ts";
import type { Tries } from "./tries.ts";
import type { Turns } from "./turns.ts";

/** What routes work with. */
export interface World {
  readonly pool: Database["pool"];
  /** For work that writes mail. */
  readonly database: Pick<Database, "pool" | "lost" | "ensureDiskSpace">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: Random;
  readonly place: Place;
  /** Null: there is none; the API is served alone. */
  readonly page: Page | null;
  /** How each link is, with the archive it belongs to. */
  readonly standings: () => Promise<readonly (LinkStanding & { readonly archiveId: ArchiveId })[]>;
  /** What may be done to accounts and links. */
  readonly operations: Operations;
  /** Where people may sign in instead of by a password; null: nowhere. */
  readonly provider: WebProvider | null;
  /** The gate before servers that are signed in to for somebody. */
  readonly tries: Tries;
  readonly signIns: SignIns;
  /** Restores, exports and imports that take their time. */
  readonly jobs: JobBoard;
  /** Files that are sent to be imported. */
  readonly uploads: Uploads;
  /** Of them, those that come at the moment. */
  readonly receiving: { count: number };
  /** How many follow a job. */
  readonly followers: { count: number };
  /** Told of what callers are not told: failures of the machine. */
  readonly failed: (error: MailError) => void;
  /** Messages that are being given out. */
  readonly downloads: { count: number };
  /** Opens messages, on threads of its own. */
  readonly reader: ContentReader;
  /** Room for the messages that are being opened. */
  readonly turns: Turns;
  /** Of mailboxes that are looked at. */
  readonly orders: Orders;
  /** What was counted of histories. */
  readonly tallies: TallyBook;
  /** What only one side of a link has. */
  readonly sides: SidesBook;
}

/** A request that may be answered. */
export interface Asked<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Null only where the route needs nothing. */
  readonly caller: Caller | null;
  /** Of the session, for its CSRF token. */
  readonly secret: string | null;
  /** What the browser keeps of a sign-in at a provider that it began; null: nothing. */
  readonly begun: string | null;
  /** Whom failures are counted against. */
  readonly source: string;
  /** Path and query, without the origin. */
  readonly address: URL;
  /** The last event that somebody who follows has seen; null: none. */
  readonly lastEvent: string | null;
  readonly chance: Chance;
}

/** Bytes that are sent, as they come. */
export interface Sent {
  /** Whoever stops reading leaves the line open for the answer. Rejects when the sender leaves. */
  readonly bytes: AsyncIterator<Uint8Array>;
  /** As the sender says; null: not said. */
  readonly size: number | null;
}

/** What is answered: a value of the route's shape, or bytes. */
export type Reply<A> =
  | { readonly kind: "value"; readonly value: A; readonly cookies?: readonly string[] }
  | {
      readonly kind: "bytes";
      readonly bytes: AsyncIterable<Uint8Array>;
      /** Null: it is not known before the end. */
      readonly size: number | null;
      /** Safe to be saved under. */
      readonly name: string;
      /** A browser may show it. Default: it is a download, whatever it is. */
      readonly picture?: PictureType;
      /** Called when nobody reads on, however that came. Default: ending the bytes is enough. */
      readonly left?: () => Promise<void>;
    }
  /** Server-sent events, each as it is sent. Null: there are no more, and whoever follows need not ask again. */
  | { readonly kind: "events"; readonly events: AsyncIterable<string> | null };

type Verb = "get" | "post" | "put" | "patch" | "delete";
type Body = z.ZodType | "bytes" | null;
type Answered = z.ZodType | "bytes" | "events" | null;

type Output<T> = T extends z.ZodType ? z.output<T> : T extends "bytes" ? Sent : Readonly<Record<string, never>>;
type Input<T> = T extends z.ZodType ? z.input<T> : null;

/** A route that keeps its own shapes: the page's client takes its types from here, with nothing of the server in what is loaded. */
export interface RouteOf<
  M extends Verb,
  N extends string,
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends Body,
  A extends Answered,
> {
  readonly method: M;
  /** Below /api/v1, with parameters in braces. */
  readonly path: N;
  readonly summary: string;
  /** All of them. */
  readonly needs: readonly Need[];
  readonly params: P;
  readonly query: Q;
  /** Null: none. `bytes`: a file, which is not read before the route reads it. */
  readonly body: B;
  /** Null: no content. `bytes`: a download. `events`: server-sent events. */
  readonly answer: A;
  // A method, so that the list of all routes can forget the shapes of each.
  handle(asked: Asked<z.output<P>, z.output<Q>, Output<B>>, world: World): Promise<Reply<Input<A>>>;
}

export type Route = RouteOf<Verb, string, z.ZodType, z.ZodType, Body, Answered>;

/** Lets the shapes of a route hold its handler to them. A list of routes is `as const`, so that each keeps its own. */
export function route<
  const M extends Verb,
  const N extends string,
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends Body,
  A extends Answered,
>(one: RouteOf<M, N, P, Q, B, A>): RouteOf<M, N, P, Q, B, A> {
  return one;
}

/** A value as the answer. */
export const value = <A>(of: A, ...cookies: readonly string[]): Reply<A> => ({ kind: "value", value: of, cookies });

/** The address of the page after this one: the same question, with these words of it changed. */
export function nextPage(address: URL, changes: Readonly<Record<string, string | number>>): string {
  const query = new URLSearchParams(address.search);
  for (const [name, word] of Object.entries(changes)) query.set(name, String(word));
  return `${address.pathname}?${query}`;
}
