// The shapes of the API, taken from the routes of the server by type alone: what a route takes and answers is what this client sends and reads.
// Nothing of the server may be imported here but types; tools/deps holds it.
import type { z } from "zod";
import type { Routes } from "../../../src/http/routes/index.ts";

type Verb = Routes["method"];

/** Paths of routes that give a value and take nothing but words of the address. */
export type Asked = Extract<Routes, { method: "get"; answer: z.ZodType }>["path"];
/** Paths of routes that give bytes. */
export type BytesAsked = Extract<Routes, { method: "get"; answer: "bytes" }>["path"];
/** Paths of routes that take a file. */
export type FileTaken = Extract<Routes, { method: "post"; body: "bytes" }>["path"];
/** Paths of routes that change something, by method; a file goes another way. */
export type Changed<M extends Verb> = Exclude<Extract<Routes, { method: M }>["path"], FileTaken>;

type RouteAt<M extends Verb, N extends string> = Extract<Routes, { method: M; path: N }>;

/** In an address a number is text; a program may give either. */
type Words<T> = { readonly [K in keyof T]: string extends T[K] ? T[K] | number : T[K] };
type Shape<T> = T extends z.ZodType ? z.input<T> : never;

/** What is told with a question: only what its route takes. */
export type Given<M extends Verb, N extends string> = Part<"params", Words<Shape<RouteAt<M, N>["params"]>>> &
  Part<"query", Words<Shape<RouteAt<M, N>["query"]>>> &
  Part<"body", Shape<RouteAt<M, N>["body"]>>;

type Part<Name extends string, T> = [T] extends [never]
  ? unknown
  : keyof T extends never
    ? unknown
    : Record<string, never> extends T
      ? { readonly [K in Name]?: T }
      : { readonly [K in Name]: T };

/** What a route answers. */
export type Answer<M extends Verb, N extends string> = RouteAt<M, N>["answer"] extends z.ZodType
  ? z.output<RouteAt<M, N>["answer"]>
  : null;
