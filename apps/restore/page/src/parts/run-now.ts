// Asking for a run, and knowing on every screen whether it has begun: until the link has a newer run than when it was asked for.
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { send } from "../api/client.ts";

interface Runs {
  readonly link: number;
  readonly lastRun: { readonly run: number } | null;
}

/** By link, the last run of when another was asked for; kept by the page alone. */
const asksAsked = queryOptions<Readonly<Record<number, number>>>({
  queryKey: ["asked"],
  queryFn: () => ({}),
  initialData: {},
  staleTime: "static",
  enabled: false,
});

/** Whether a run that was asked for has not begun. */
function isWaiting(asked: Readonly<Record<number, number>>, { link, lastRun }: Runs): boolean {
  return asked[link] !== undefined && asked[link] === (lastRun?.run ?? 0);
}

export function useRunNow() {
  const client = useQueryClient();
  const { data: asked } = useQuery(asksAsked);
  const asking = useMutation({
    mutationFn: ({ link }: Runs) => send("post", "/links/{link}/run", { params: { link } }),
    onSuccess: (_, one) => {
      client.setQueryData(asksAsked.queryKey, (before = {}) => ({ ...before, [one.link]: one.lastRun?.run ?? 0 }));
    },
  });
  return {
    /** Gives who runs it. Throws Problem. */
    ask: (one: Runs) => asking.mutateAsync(one),
    isAsked: (one: Runs) => isWaiting(asked, one),
    error: asking.error,
  };
}
