// Run by run, the latest first, page by page.
import { Button, Paper, Stack, Table, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { get } from "../../api/client.ts";
import type { Answer } from "../../api/shapes.ts";
import { TextLink } from "../../parts/button-link.tsx";
import { ToneBadge } from "../../parts/tone-badge.tsx";
import { FailureNote } from "../../shell/failure.tsx";
import { dateTime, number, size } from "../../texts/formats.ts";
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
  if (data !== undefined && all.length === 0)
    return (
      <Stack gap={4}>
        <Text fw={500}>{words.none}</Text>
        <Text c="dimmed">{words.noneLead}</Text>
      </Stack>
    );
  return (
    <Paper withBorder>
      <Table.ScrollContainer minWidth={620}>
        <Table verticalSpacing="sm" horizontalSpacing="lg">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{words.columns.when}</Table.Th>
              <Table.Th>{words.columns.account}</Table.Th>
              <Table.Th>{words.columns.outcome}</Table.Th>
              <Table.Th ta="right">{words.columns.fetched}</Table.Th>
              <Table.Th ta="right">{words.columns.size}</Table.Th>
              <Table.Th ta="right">{words.columns.took}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {all.map((run) => (
              <RunRow key={run.run} run={run} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {hasNextPage ? (
        <Button variant="subtle" m="sm" onClick={() => fetchNextPage()} loading={isFetchingNextPage}>
          {words.more}
        </Button>
      ) : null}
    </Paper>
  );
}

function RunRow({ run }: { readonly run: Run }) {
  const { started, account, archive, outcome, totals } = run;
  const took = secondsOf(run);
  return (
    <Table.Tr>
      <Table.Td>
        <TextLink to="/runs/$run" params={{ run: String(run.run) }} size="sm">
          {started === null ? String(run.run) : dateTime(started)}
        </TextLink>
      </Table.Td>
      <Table.Td>{account === archive ? account : `${account} → ${archive}`}</Table.Td>
      <Table.Td>
        <ToneBadge tone={words.tones[outcome] ?? "calm"}>{words.outcomes[outcome] ?? outcome}</ToneBadge>
      </Table.Td>
      <Table.Td ta="right">{number(countOf(totals, "fetched"))}</Table.Td>
      <Table.Td ta="right">{size(countOf(totals, "fetchedBytes"))}</Table.Td>
      <Table.Td ta="right">{took === null ? "" : words.seconds(took)}</Table.Td>
    </Table.Tr>
  );
}
