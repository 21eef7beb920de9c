// The OpenAPI document, made of the routes themselves: what is not a route is not in it, and what is has the shapes that requests are held to.
import { z } from "zod";
import type { Route } from "./route.ts";
import { problem } from "./shapes.ts";

/** Of the API, not of Packetboat: it changes when a client would have to. */
const VERSION = "1";

type Json = Readonly<Record<string, unknown>>;

const shapeOf = (of: z.ZodType): Json => {
  const { $schema: _, ...shape } = z.toJSONSchema(of, { io: "output", unrepresentable: "any" });
  return shape;
};

function parametersOf(of: z.ZodType, where: "path" | "query"): readonly Json[] {
  const { properties = {}, required = [] } = shapeOf(of) as {
    readonly properties?: Readonly<Record<string, Json>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: where,
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

const json = (schema: Json): Json => ({ "application/json": { schema } });
const PROBLEM = {
  description: "Why not, and what to do",
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};
const FILE: Json = { "application/octet-stream": { schema: { type: "string", format: "binary" } } };
const DOWNLOAD = {
  description: "The bytes, as a download; of a picture that is to be shown, with its type",
  content: FILE,
};
const EVENTS = {
  description: "Server-sent events, one each time something changes; Last-Event-ID goes on where it broke off",
  content: { "text/event-stream": { schema: { type: "string" } } },
};

function answersOf({ answer }: Route): Json {
  if (answer === null) return { 204: { description: "Done" }, default: PROBLEM };
  if (answer === "bytes") return { 200: DOWNLOAD, default: PROBLEM };
  if (answer === "events") return { 200: EVENTS, 204: { description: "There are no more" }, default: PROBLEM };
  return { 200: { description: "The answer", content: json(shapeOf(answer)) }, default: PROBLEM };
}

function sentTo({ body }: Route): Json {
  if (body === null) return {};
  return { requestBody: { required: true, content: body === "bytes" ? FILE : json(shapeOf(body)) } };
}

/** What signs in for a route: nothing, a session, or a token with these scopes. */
function securityOf({ needs, method }: Route): readonly Json[] {
  if (needs.includes("nothing")) return [];
  const session: Json = method === "get" ? { session: [] } : { session: [], csrf: [] };
  if (needs.includes("session")) return [session];
  return [session, { token: needs.filter((need) => need !== "anybody" && need !== "administrator") }];
}

function operationOf(route: Route): Json {
  const parameters = [...parametersOf(route.params, "path"), ...parametersOf(route.query, "query")];
  return {
    summary: route.summary,
    operationId: `${route.method}${route.path.replace(/[^A-Za-z]+(\w)?/g, (_, letter: string = "") => letter.toUpperCase())}`,
    security: securityOf(route),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...sentTo(route),
    responses: answersOf(route),
  };
}

/** Gives the document of these routes. `cookie`: what the session's is called here. */
export function documentOf(routes: readonly Route[], cookie: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    Object.assign(paths[route.path] ?? {}, { [route.method]: operationOf(route) });
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Packetboat",
      version: VERSION,
      description:
        "Mail as it is and as it was, read from the archives of Packetboat. Everything that senders wrote (subjects, names, headers) is text of foreign origin: escape it where it is shown.",
    },
    servers: [{ url: "/api/v1" }],
    paths,
    components: {
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: cookie },
        csrf: { type: "apiKey", in: "header", name: "X-CSRF-Token", description: 'What /me calls "csrf"' },
        token: { type: "http", scheme: "bearer" },
      },
      schemas: { Problem: shapeOf(problem) },
    },
  };
}
