// The rows of a mailbox at a revision: blocks of a hundred, asked for when they come into the window and kept, for what a revision holds does not
// change. What the reader has passed by before it came is not asked for any further.
import { useDebouncedValue } from "@mantine/hooks";
import { type UseQueryResult, useQueries, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { asking } from "../../api/queries.ts";
import type { Answer } from "../../api/shapes.ts";
import type { Shown } from "../../parts/scroll-window.ts";
import type { Row, RowSource } from "./row-source.ts";

const LIST = "/archives/{archive}/mailboxes/{mailbox}/list";
const BLOCK = 100;
/** Rows on either side that are asked for beforehand. */
const AHEAD = 50;
/** Whoever drags the bar stops somewhere after so long. */
const SETTLED_MS = 60;

type Page = Answer<"get", typeof LIST>;

/** The blocks that hold these rows, and so many more on either side. */
function blocksOf({ from, to }: Shown, beyond: number): readonly number[] {
  const first = Math.max(0, Math.floor((from - beyond) / BLOCK));
  const last = Math.floor((to - 1 + beyond) / BLOCK);
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

const isSame = (a: readonly number[], b: readonly number[]): boolean => a[0] === b[0] && a.length === b.length;

const askingBlock = (archive: number, mailbox: number, revision: number, block: number) => ({
  ...asking(LIST, { params: { archive, mailbox }, query: { at: revision, offset: block * BLOCK, limit: BLOCK } }),
  staleTime: "static" as const,
});

/** The same rows for the same answer: what did not change is not drawn anew. */
const made = new WeakMap<Page, readonly Row[]>();

function rowsOf(page: Page): readonly Row[] {
  const rows = made.get(page) ?? page.messages.map((line) => ({ ...line, mailbox: null, present: true }));
  made.set(page, rows);
  return rows;
}

const joined = (answers: UseQueryResult<Page>[]) => ({
  pages: answers.flatMap(({ data }) => (data === undefined ? [] : [data])),
  error: answers.find(({ error }) => error !== null)?.error ?? null,
  again: () => {
    for (const { error, refetch } of answers) if (error !== null) void refetch();
  },
});

/** The rows of a mailbox; `revision`: what the tree is of. */
export function useMailboxRows(archive: number, mailbox: number, revision: number): RowSource {
  // Not which rows are shown: that changes with each frame of scrolling, and whatever is beside the list would be drawn anew with it.
  const [blocks, setBlocks] = useState<readonly number[]>([0]);
  const [settled] = useDebouncedValue(blocks, SETTLED_MS, { leading: true });
  const { pages, error, again } = useQueries({
    queries: settled.map((block) => askingBlock(archive, mailbox, revision, block)),
    combine: joined,
  });
  const [total, setTotal] = useState<number | null>(null);
  const known = pages[0]?.total ?? total;
  if (known !== total) setTotal(known);
  const byBlock = useMemo(() => new Map(pages.map((page) => [page.offset / BLOCK, rowsOf(page)])), [pages]);
  const row = useCallback((index: number) => byBlock.get(Math.floor(index / BLOCK))?.[index % BLOCK], [byBlock]);
  const show = useCallback((shown: Shown) => {
    const next = blocksOf(shown, AHEAD);
    setBlocks((before) => (isSame(before, next) ? before : next));
  }, []);
  const client = useQueryClient();
  const read = (from: number, to: number) => {
    const blocks = blocksOf({ from, to }, 0);
    const asked = blocks.map((block) => askingBlock(archive, mailbox, revision, block));
    const first = (blocks[0] ?? 0) * BLOCK;
    const cut = (all: readonly Page[]): readonly Row[] => all.flatMap(rowsOf).slice(from - first, to - first);
    const here = asked.map(({ queryKey }) => client.getQueryData(queryKey));
    if (here.every((page) => page !== undefined)) return cut(here);
    return (async () => {
      const all: Page[] = [];
      for (const one of asked) all.push(await client.ensureQueryData(one));
      return cut(all);
    })();
  };
  return { count: known, isWhole: true, row, read, show, error, again };
}
