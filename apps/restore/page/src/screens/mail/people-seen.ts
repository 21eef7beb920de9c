// Who wrote the messages that the reader has come by: what a search for a person may mean. Nobody is asked for it anew.
import type { QueryClient } from "@tanstack/react-query";
import type { Answer } from "../../api/shapes.ts";

const LIST = "/archives/{archive}/mailboxes/{mailbox}/list";
const MOST = 500;

/** The addresses in lists of this archive that are there, those in most messages first. */
export function peopleSeen(client: QueryClient, archive: number): readonly string[] {
  const pages = client.getQueriesData<Answer<"get", typeof LIST>>({
    queryKey: [LIST],
    predicate: ({ queryKey }) =>
      (queryKey[1] as { readonly params: { readonly archive: number } }).params.archive === archive,
  });
  const times = new Map<string, number>();
  for (const [, page] of pages)
    for (const { from, to } of page?.messages ?? [])
      for (const { address } of [...from, ...to])
        if (address !== "") times.set(address.toLowerCase(), (times.get(address.toLowerCase()) ?? 0) + 1);
  return [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST)
    .map(([address]) => address);
}
