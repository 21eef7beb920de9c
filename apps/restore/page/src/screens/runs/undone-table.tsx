// Message by message, what is held back or not done, page by page: which mailbox, which mail, and why. Subjects are what senders wrote: text.
import { Box, Button, Paper, Table, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { get } from "../../api/client.ts";
import type { Answer } from "../../api/shapes.ts";
import { FailureNote } from "../../shell/failure.tsx";
import { number, shortDate } from "../../texts/formats.ts";
import { runs, undone } from "../../texts/runs.ts";
import { afterOf } from "./reading.ts";

type Undone = Answer<"get", "/links/{link}/pending">["messages"][number];

interface UndoneTableProps {
  readonly path: "/runs/{run}/held" | "/links/{link}/pending";
  /** The run, or the link. */
  readonly of: Readonly<Record<string, number>>;
  readonly showsReasons: boolean;
}

const PAGE = "50";
const FOLLOWED_MS = 5_000;

export function UndoneTable({ path, of, showsReasons }: UndoneTableProps) {
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: [path, of],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => page(path, of, pageParam, signal),
    getNextPageParam: ({ next }) => afterOf(next),
    refetchInterval: FOLLOWED_MS,
  });
  if (error !== null) return <FailureNote error={error} again={() => refetch()} />;
  const all = data?.pages.flatMap(({ messages }) => messages) ?? [];
  if (data !== undefined && all.length === 0) return <Text role="status">{undone.none}</Text>;
  return (
    <Paper withBorder>
      <Table verticalSpacing="sm" horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{undone.columns.message}</Table.Th>
            <Table.Th visibleFrom="sm">{undone.columns.mailbox}</Table.Th>
            <Table.Th visibleFrom="sm">{undone.columns.what}</Table.Th>
            {showsReasons ? <Table.Th visibleFrom="sm">{undone.columns.reason}</Table.Th> : null}
            {showsReasons ? (
              <Table.Th visibleFrom="sm" ta="right">
                {undone.columns.attempts}
              </Table.Th>
            ) : null}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {all.map((one) => (
            <UndoneRow
              key={`${one.mailbox.join("/")} ${one.kind} ${one.uid} ${one.message}`}
              one={one}
              showsReasons={showsReasons}
            />
          ))}
        </Table.Tbody>
      </Table>
      {hasNextPage ? (
        <Button variant="subtle" m="sm" onClick={() => fetchNextPage()} loading={isFetchingNextPage}>
          {undone.more}
        </Button>
      ) : null}
    </Paper>
  );
}

async function page(
  path: UndoneTableProps["path"],
  of: UndoneTableProps["of"],
  after: string | null,
  signal: AbortSignal,
) {
  const query = { limit: PAGE, ...(after === null ? {} : { after }) };
  if (path === "/runs/{run}/held") return await get(path, { params: { run: of.run ?? 0 }, query }, signal);
  return await get(path, { params: { link: of.link ?? 0 }, query }, signal);
}

function UndoneRow({ one, showsReasons }: { readonly one: Undone; readonly showsReasons: boolean }) {
  const [from] = one.from;
  const mailbox = one.mailbox.join(" / ");
  const what = undone.kinds[one.kind] ?? one.kind;
  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm" fw={500} style={{ overflowWrap: "anywhere" }}>
          {titleOf(one)}
        </Text>
        <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {[
            from === undefined ? "" : from.name || from.address,
            one.date === null ? "" : shortDate(one.date, Date.now()),
          ]
            .filter((text) => text !== "")
            .join(" · ")}
        </Text>
        {/* A narrow window has no room for columns: the same in lines. */}
        <Box hiddenFrom="sm">
          <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            {what} · {mailbox}
          </Text>
          {showsReasons ? <Reason of={one} /> : null}
        </Box>
      </Table.Td>
      <Table.Td visibleFrom="sm" style={{ overflowWrap: "anywhere" }}>
        {mailbox}
      </Table.Td>
      <Table.Td visibleFrom="sm">{what}</Table.Td>
      {showsReasons ? (
        <Table.Td visibleFrom="sm">
          <Reason of={one} />
        </Table.Td>
      ) : null}
      {showsReasons ? (
        <Table.Td visibleFrom="sm" ta="right">
          {number(one.attempts)}
        </Table.Td>
      ) : null}
    </Table.Tr>
  );
}

function Reason({ of: { reason, detail } }: { readonly of: Pick<Undone, "reason" | "detail"> }) {
  return (
    <>
      <Text size="sm">{undone.reasons[reason] ?? reason}</Text>
      <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
        {detail}
      </Text>
    </>
  );
}

/** Its subject; of mail that the archive does not have, or has not read yet, its number on the server. */
function titleOf({ subject, uid, message }: Undone): string {
  if (subject !== null) return subject === "" ? undone.noSubject : subject;
  if (uid !== null) return undone.numberThere(uid);
  return message === null ? undone.unknown : runs.message(message);
}
