// Two moments of an archive compared: what is new, what was removed, moved, or has other flags, list by list; and which mailboxes differ. Which
// moments, stands in the address.
import { Alert, Container, List, Select, SimpleGrid, Stack, Tabs, Text, Title } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { asking } from "../../api/queries.ts";
import type { Answer } from "../../api/shapes.ts";
import { FailureNote } from "../../shell/failure.tsx";
import { shell } from "../../texts/shell.ts";
import { compare } from "../../texts/time-line.ts";
import { Differences } from "./differences.tsx";
import { firstKind, KINDS, type Kind } from "./kinds.ts";
import { useMoments } from "./moments.ts";
import { TimeLine } from "./time-line.tsx";

const HERE = "/gate/compare";

type Differing = Answer<"get", "/archives/{archive}/diff">;

export function CompareScreen() {
  const { archive, from, to, kind } = useSearch({ from: HERE });
  const go = useNavigate({ from: "/compare" });
  const archives = useQuery(asking("/archives", {}));
  const chosen = archive ?? archives.data?.archives[0]?.archive;
  return (
    <Container size="lg" py="xl">
      <title>{shell.titled(compare.title)}</title>
      <Stack gap="lg">
        <div>
          <Title order={1} size="h2">
            {compare.title}
          </Title>
          <Text c="dimmed">{compare.lead}</Text>
        </div>
        {archives.error === null ? null : <FailureNote error={archives.error} again={() => archives.refetch()} />}
        {(archives.data?.archives.length ?? 0) < 2 ? null : (
          <Select
            label={compare.archive}
            maw={360}
            allowDeselect={false}
            comboboxProps={{ withinPortal: false }}
            data={archives.data?.archives.map((one) => ({ value: String(one.archive), label: one.name })) ?? []}
            value={chosen === undefined ? null : String(chosen)}
            onChange={(value) => value !== null && go({ search: { archive: Number(value) } })}
          />
        )}
        {chosen === undefined ? null : (
          <>
            <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xl">
              <Moment
                archive={chosen}
                at={from ?? null}
                name={compare.earlier}
                onMove={(at) =>
                  go({ search: (now) => ({ ...now, archive: chosen, from: at ?? undefined }), replace: true })
                }
              />
              <Moment
                archive={chosen}
                at={to ?? null}
                name={compare.later}
                onMove={(at) =>
                  go({ search: (now) => ({ ...now, archive: chosen, to: at ?? undefined }), replace: true })
                }
              />
            </SimpleGrid>
            <Compared
              archive={chosen}
              from={from}
              to={to}
              kind={kind}
              onKind={(one) => go({ search: (now) => ({ ...now, kind: one }), replace: true })}
            />
          </>
        )}
      </Stack>
    </Container>
  );
}

interface MomentProps {
  readonly archive: number;
  readonly at: number | null;
  readonly name: string;
  readonly onMove: (at: number | null) => void;
}

function Moment({ archive, at, name, onMove }: MomentProps) {
  return (
    <Stack gap="xs">
      <Title order={2} size="h5">
        {name}
      </Title>
      <TimeLine archive={archive} at={at} onMove={onMove} label={name} />
    </Stack>
  );
}

interface ComparedProps {
  readonly archive: number;
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** Not given: the first of which there is anything. */
  readonly kind: Kind | undefined;
  readonly onKind: (kind: Kind) => void;
}

function Compared({ archive, from, to, kind, onKind }: ComparedProps) {
  const [params, moments] = [{ archive }, { from: moment(from), to: moment(to) }];
  const given = { params, query: { ...moments, limit: 1 } };
  const { data, error, refetch } = useQuery(asking("/archives/{archive}/diff", given));
  const counts = useQuery({
    ...asking("/archives/{archive}/diff/counts", { params, query: moments }),
    placeholderData: keepPreviousData,
  });
  const words = useMoments(archive, [data?.from.time ?? null, data?.to.time ?? null]);
  const momentOf = ({ time, revision }: Differing["from"]): string => (time === null ? String(revision) : words(time));
  // Which list is opened is known when they are counted; where they cannot be, it is the first.
  const open = kind ?? (counts.data === undefined ? (counts.error === null ? null : KINDS[0]) : firstKind(counts.data));
  if (error !== null) return <FailureNote error={error} again={() => refetch()} />;
  return (
    <Stack>
      {data === undefined ? null : (
        <Text fw={600} role="status">
          {compare.between(momentOf(data.from), to === undefined ? compare.now : momentOf(data.to))}
        </Text>
      )}
      {data === undefined || data.mailboxes.length === 0 ? null : <Mailboxes mailboxes={data.mailboxes} />}
      <Tabs value={open} onChange={(value) => value !== null && onKind(value as Kind)} keepMounted={false}>
        <Tabs.List>
          {KINDS.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {counts.data === undefined
                ? compare.kinds[one]
                : compare.tab(compare.kinds[one], counts.data[one], counts.data.whole)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {KINDS.map((one) => (
          <Tabs.Panel key={one} value={one} pt="sm">
            <Differences archive={archive} {...moments} kind={one} compared={{ from, to, kind: one }} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Stack>
  );
}

const moment = (revision: number | undefined): string => (revision === undefined ? "now" : String(revision));

function Mailboxes({ mailboxes }: { readonly mailboxes: Differing["mailboxes"] }) {
  const name = (path: readonly string[] | null): string => (path ?? []).join(" / ");
  return (
    <Alert color="gray" variant="light" title={compare.mailboxes}>
      <List size="sm">
        {mailboxes.map(({ kind, before, after }) => (
          <List.Item key={`${kind}/${name(before)}/${name(after)}`}>
            {compare.mailboxKinds[kind](name(after), name(before))}
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}
