// Run by run, the latest first, page by page.
import { Button, Paper, Stack, Table, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { get } from "../../api/client.ts";
import type { Answer } from "../../api/shapes.ts";
import { TextLink } from "../../parts/button-link.tsx";
import { ToneBadge } from "../../parts/tone-badge.tsx";
import { FailureNote } from "../../shell/failure.tsx";
import { crowdedMinutes, momentOf, number, size } from "../../texts/formats.ts";
import { runs as words } from "../../texts/runs.ts";
import { beforeOf, countOf, secondsOf } from "./reading.ts";

type Run = Answer<"get", "/runs">["runs"][number];

const PAGE = "25";
const FOLLOWED_MS = 10_000;

export function RunsTable() {
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ["/runs", "pages"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      get("/runs", { query: { limit: PAGE, ...(pageParam === null ? {} : { before: pageParam }) } }, signal),
    getNextPageParam: ({ next }) => beforeOf(next),
    refetchInterval: FOLLOWED_MS,
  });
  if (error !== null) return <FailureNote error={error} again={() => refetch()} />;
  const all = data?.pages.flatMap(({ runs }) => runs) ?? [];
  const crowded = crowdedMinutes(all.map(({ started }) => started));
  if (data !== undefined && all.length === 0)
    return (
      <Stack gap={4}>
        <Text fw={500}>{words.none}</Text>
        <Text c="dimmed">{words.noneLead}</Text>
      </Stack>
    );
  return (
    <Paper withBorder>
      <Table verticalSpacing="sm" horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{words.columns.when}</Table.Th>
            <Table.Th visibleFrom="sm">{words.columns.account}</Table.Th>
            <Table.Th>{words.columns.outcome}</Table.Th>
            <Table.Th visibleFrom="sm" ta="right">
              {words.columns.fetched}
            </Table.Th>
            <Table.Th visibleFrom="sm" ta="right">
              {words.columns.removed}
            </Table.Th>
            <Table.Th visibleFrom="sm" ta="right">
              {words.columns.size}
            </Table.Th>
            <Table.Th visibleFrom="sm" ta="right">
              {words.columns.took}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {all.map((run) => (
            <RunRow key={run.run} run={run} crowded={crowded} />
          ))}
        </Table.Tbody>
      </Table>
      {hasNextPage ? (
        <Button variant="subtle" m="sm" onClick={() => fetchNextPage()} loading={isFetchingNextPage}>
          {words.more}
        </Button>
      ) : null}
    </Paper>
  );
}

function RunRow({ run, crowded }: { readonly run: Run; readonly crowded: ReadonlySet<number> }) {
  const { started, account, archive, outcome, totals } = run;
  const took = secondsOf(run);
  const what = account === archive ? account : `${account} → ${archive}`;
  const [fetched, bytes, gone] = [
    countOf(totals, "fetched"),
    countOf(totals, "fetchedBytes"),
    countOf(totals, "removed"),
  ];
  return (
    <Table.Tr>
      <Table.Td>
        <TextLink to="/runs/$run" params={{ run: String(run.run) }} size="sm">
          {started === null ? String(run.run) : momentOf(started, crowded)}
        </TextLink>
        {/* A narrow window has no room for columns: the same in lines. */}
        <Text hiddenFrom="sm" size="sm" style={{ overflowWrap: "anywhere" }}>
          {what}
        </Text>
        <Text hiddenFrom="sm" size="sm" c="dimmed">
          {words.brought(fetched, bytes, gone)}
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="sm" style={{ overflowWrap: "anywhere" }}>
        {what}
      </Table.Td>
      <Table.Td>
        <ToneBadge tone={words.tones[outcome] ?? "calm"}>{words.outcomes[outcome] ?? outcome}</ToneBadge>
      </Table.Td>
      <Table.Td visibleFrom="sm" ta="right">
        {number(fetched)}
      </Table.Td>
      <Table.Td visibleFrom="sm" ta="right" fw={gone > 0 ? 600 : undefined}>
        {number(gone)}
      </Table.Td>
      <Table.Td visibleFrom="sm" ta="right">
        {size(bytes)}
      </Table.Td>
      <Table.Td visibleFrom="sm" ta="right">
        {took === null ? "" : words.seconds(took)}
      </Table.Td>
    </Table.Tr>
  );
}
