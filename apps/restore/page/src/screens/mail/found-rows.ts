// The rows that a search finds, page by page, the newest first. The next page is asked for when the reader comes near the end of what is there.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { get } from "../../api/client.ts";
import type { Answer } from "../../api/shapes.ts";
import type { Shown } from "../../parts/scroll-window.ts";
import type { Row, RowSource } from "./row-source.ts";

const SEARCH = "/archives/{archive}/search";
const PAGE = 100;
/** Rows before the end at which more are asked for. */
const NEAR = 40;

type Page = Answer<"get", typeof SEARCH>;

export interface FoundRows extends RowSource {
  /** Messages of the archive that cannot be found yet. */
  readonly notIndexed: number;
}

const afterOf = ({ next }: Page): string | undefined =>
  next === null ? undefined : (new URL(next, window.location.origin).searchParams.get("after") ?? undefined);

const rowOf = ({
  message,
  date,
  flags,
  subject,
  from,
  to,
  attachments,
  mailbox,
  present,
}: Page["messages"][number]): Row => ({
  message,
  date,
  flags,
  subject,
  from,
  to,
  attached: attachments.length > 0,
  mailbox,
  present,
});

interface Wanted {
  readonly archive: number;
  readonly q: string;
  readonly removed: boolean;
  readonly revision: number;
}

/** What a query finds at a revision. */
export function useFoundRows({ archive, q, removed, revision }: Wanted): FoundRows {
  const query = { q, at: revision, limit: PAGE, ...(removed ? { removed: "true" as const } : {}) };
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: [SEARCH, archive, query],
    queryFn: ({ pageParam, signal }) =>
      get(SEARCH, { params: { archive }, query: pageParam === "" ? query : { ...query, after: pageParam } }, signal),
    initialPageParam: "",
    getNextPageParam: afterOf,
    staleTime: "static",
  });
  const rows = useMemo(() => data?.pages.flatMap(({ messages }) => messages.map(rowOf)), [data]);
  const show = useCallback(
    ({ to }: Shown) => {
      if (rows !== undefined && to > rows.length - NEAR && hasNextPage && !isFetchingNextPage) void fetchNextPage();
    },
    [rows, hasNextPage, isFetchingNextPage, fetchNextPage],
  );
  return {
    count: rows?.length ?? null,
    row: (index) => rows?.[index],
    read: (from, to) => (rows ?? []).slice(from, to),
    show,
    error,
    again: () => void refetch(),
    isWhole: !hasNextPage,
    notIndexed: data?.pages[0]?.notIndexed ?? 0,
  };
}
