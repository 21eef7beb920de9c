// Who is signed in, as the API tells it. It must never hold the session's secret, only what follows from it for our own page.
import type { Caller } from "@packetboat/archive";
import { z } from "zod";
import { csrfOf } from "./place.ts";
import { id, list } from "./shapes.ts";

export const me = z.strictObject({
  user: z.strictObject({
    id,
    name: z.string(),
    role: z.string().describe("admin: everything. reader: some archives"),
    archives: list(id).describe("What a reader may read; an admin reads all"),
  }),
  by: z.enum(["session", "token"]),
  scopes: list(z.string()).nullable().describe("Of a token; null: a session may all that its user may"),
  csrf: z.string().nullable().describe("For the header X-CSRF-Token of every change; null: a token needs none"),
});

/** In the words of the API. */
export const meOf = ({ user, by }: Caller, sessionSecret: string | null): z.input<typeof me> => ({
  user,
  by: by.kind,
  scopes: by.kind === "token" ? by.scopes : null,
  csrf: sessionSecret === null ? null : csrfOf(sessionSecret),
});
