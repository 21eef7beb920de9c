// Questions to the API as react-query keeps them: one key per route and what it was asked with. Whatever is changed makes every answer stale, but
// for those that can never be another one (`staleTime: "static"`). No screen may show what was so before its own change.
import { MutationCache, QueryCache, QueryClient, queryOptions } from "@tanstack/react-query";
import { get, rememberCsrf } from "./client.ts";
import { isSignedOut, Problem } from "./problem.ts";
import type { Answer, Asked, Given } from "./shapes.ts";

const FRESH_MS = 15_000;
const MOST_TRIES = 2;

/** The `meta` of a mutation that only reads, or after which the answers of before are gone anyway. */
export const CHANGES_NOTHING = { changesNothing: true };

export type Me = Answer<"get", "/me">;

/** A question for useQuery and its kin. */
export function asking<N extends Asked>(path: N, given: Given<"get", N>) {
  return queryOptions({ queryKey: [path, given] as const, queryFn: ({ signal }) => get(path, given, signal) });
}

const ME = ["/me", {}] as const;

/** Who is signed in; null: nobody. */
export const asksMe = queryOptions<Me | null>({
  queryKey: ME,
  staleTime: "static",
  queryFn: async ({ signal }) => {
    const me = await get("/me", {}, signal).catch((error: unknown) => {
      if (isSignedOut(error)) return null;
      throw error;
    });
    rememberCsrf(me?.csrf ?? null);
    return me;
  },
});

/** Somebody has signed in, or left: nothing that another one was shown stays. */
export function changeMe(client: QueryClient, me: Me | null): void {
  rememberCsrf(me?.csrf ?? null);
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== ME[0] });
  client.setQueryData(ME, me);
}

/** Of the page: what is refused is not asked again, and a session that ended shows the sign-in. */
export function makeQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (isSignedOut(error)) changeMe(client, null);
      },
    }),
    // Awaited by the mutation: what stands below a dialog is true again before it closes.
    mutationCache: new MutationCache({
      onSuccess: (_data, _variables, _result, { meta }) =>
        meta?.changesNothing === true ? undefined : client.invalidateQueries(),
    }),
    defaultOptions: {
      queries: {
        staleTime: FRESH_MS,
        retry: (count, error) => count < MOST_TRIES && isPassing(error),
      },
    },
  });
  return client;
}

/** Of the network, or of a server that is busy. */
const isPassing = (error: unknown): boolean =>
  error instanceof Problem && (error.status === 0 || error.status === 503 || error.status === 504);
