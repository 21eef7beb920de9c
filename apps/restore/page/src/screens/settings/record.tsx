// Who read what, the latest first. For administrators.
import { Button, Table, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { get } from "../../api/client.ts";
import { asking } from "../../api/queries.ts";
import type { Answer } from "../../api/shapes.ts";
import { FailureNote } from "../../shell/failure.tsx";
import { dateTime } from "../../texts/formats.ts";
import { settings } from "../../texts/settings.ts";
import { subjectsOf } from "./recorded.ts";
import { Section } from "./section.tsx";

const texts = settings.record;
const PAGE = 20;

type Entry = Answer<"get", "/audit">["entries"][number];

export function Record() {
  const { data: users } = useQuery(asking("/users", {}));
  const names = new Map(users?.users.map(({ id, name }) => [id, name]));
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ["/audit"],
    initialPageParam: undefined as number | undefined,
    queryFn: ({ pageParam, signal }) => get("/audit", { query: { limit: String(PAGE), ...before(pageParam) } }, signal),
    getNextPageParam: ({ entries, next }) => (next === null ? undefined : entries.at(-1)?.id),
  });
  const entries = data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <Section title={texts.title} lead={texts.lead}>
      {error === null ? null : <FailureNote error={error} again={() => refetch()} />}
      {data !== undefined && entries.length === 0 ? (
        <Text size="sm" c="dimmed">
          {texts.none}
        </Text>
      ) : null}
      {entries.length === 0 ? null : <Entries entries={entries} names={names} />}
      {hasNextPage ? (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => fetchNextPage()}>
          {texts.more}
        </Button>
      ) : null}
    </Section>
  );
}

const before = (id: number | undefined) => (id === undefined ? {} : { before: String(id) });

function Entries({
  entries,
  names,
}: {
  readonly entries: readonly Entry[];
  readonly names: ReadonlyMap<number, string>;
}) {
  return (
    <Table verticalSpacing="xs" aria-label={texts.title}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{texts.when}</Table.Th>
          <Table.Th>{texts.who}</Table.Th>
          <Table.Th>{texts.what}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {entries.map((entry) => (
          <Table.Tr key={entry.id}>
            <Table.Td>{entry.time === null ? "" : dateTime(entry.time)}</Table.Td>
            <Table.Td>{whoOf(entry.user, names)}</Table.Td>
            <Table.Td>
              {texts.kinds[entry.kind] ?? entry.kind} {aboutOf(entry, names)}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function aboutOf(entry: Entry, names: ReadonlyMap<number, string>): string {
  const told = subjectsOf(entry).map(([subject, number]) => {
    const name = subject === "user" ? names.get(number) : undefined;
    return name ?? `${texts.subjects[subject]} ${number}`;
  });
  return told.join(", ");
}

function whoOf(user: number | null, names: ReadonlyMap<number, string>): string {
  return user === null ? texts.somebody : (names.get(user) ?? texts.gone(user));
}
