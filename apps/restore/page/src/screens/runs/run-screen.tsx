// One run and its report: how it ended, what it brought, what it left out and why.
import { Container, Group, List, Loader, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { asking } from "../../api/queries.ts";
import { ButtonLink } from "../../parts/button-link.tsx";
import { ToneBadge } from "../../parts/tone-badge.tsx";
import { FailureNote } from "../../shell/failure.tsx";
import { dateTime, number } from "../../texts/formats.ts";
import { halts, runs, report as words } from "../../texts/runs.ts";
import { shell } from "../../texts/shell.ts";
import { Back } from "./back.tsx";
import { GoneLinks } from "./gone-links.tsx";
import { type ReadReport, readReport, secondsOf } from "./reading.ts";

const NAMES = { totals: Object.keys(words.totals), within: Object.keys(words.within) };

export function RunScreen() {
  const { run } = useParams({ strict: false }) as { readonly run: string };
  const { data, error, refetch } = useQuery(asking("/runs/{run}", { params: { run } }));
  if (error !== null) return <FailureNote error={error} again={() => refetch()} />;
  if (data === undefined) return <Loader aria-label={shell.loading} m="xl" />;
  const took = secondsOf(data);
  return (
    <Container size="md" py="xl">
      <title>{shell.titled(words.titled(data.run))}</title>
      <Stack gap="lg">
        <Back />
        <Group justify="space-between" align="flex-start">
          <Stack gap={4}>
            <Title order={1} size="h2">
              {words.titled(data.run)}
            </Title>
            <Text c="dimmed">
              {halts.of(data.account, data.archive)}
              {data.started === null ? "" : `, ${dateTime(data.started)}`}
              {took === null ? "" : `, ${runs.seconds(took)}`}
            </Text>
          </Stack>
          <ToneBadge tone={runs.tones[data.outcome] ?? "calm"}>{runs.outcomes[data.outcome] ?? data.outcome}</ToneBadge>
        </Group>
        {data.error === null ? null : <Text>{data.error.text}</Text>}
        {data.report === null || data.report === undefined ? (
          <Text>{data.outcome === "running" ? words.running : words.noReport}</Text>
        ) : (
          <Report archive={data.archiveId} report={readReport(data.report, NAMES)} />
        )}
        {data.held > 0 ? (
          <ButtonLink to="/runs/held/$run" params={{ run: String(data.run) }} w="fit-content">
            {halts.look}
          </ButtonLink>
        ) : null}
        {data.outcome === "halted" && data.held === 0 ? <Text c="dimmed">{halts.settled}</Text> : null}
      </Stack>
    </Container>
  );
}

function Report({ archive, report }: { readonly archive: number; readonly report: ReadReport }) {
  const { totals, failures, notes, mailboxes, gone } = report;
  const isNothing = totals.length + report.halts.length + failures.length === 0;
  return (
    <>
      {isNothing ? <Text>{words.nothing}</Text> : null}
      {totals.length === 0 ? null : <Counts of={totals} />}
      {gone === null ? null : (
        <Stack gap={4}>
          <Text>{words.gone(gone.messages)}</Text>
          <GoneLinks archive={archive} before={gone.before} after={gone.after} />
        </Stack>
      )}
      {report.halts.map((text) => (
        <Text key={text}>{text}.</Text>
      ))}
      {failures.length === 0 ? null : (
        <Section title={words.failures}>
          {failures.map(({ mailbox, uid, detail }) => (
            <List.Item key={`${mailbox} ${uid} ${detail}`}>
              {[mailbox, uid === null ? "" : number(uid), detail].filter((text) => text !== "").join(" · ")}
            </List.Item>
          ))}
        </Section>
      )}
      {notes.length === 0 ? null : (
        <Section title={words.notes}>
          {notes.map((note) => (
            <List.Item key={note}>{note}</List.Item>
          ))}
        </Section>
      )}
      {mailboxes.length === 0 ? null : (
        <Section title={words.mailboxes}>
          {mailboxes.map(({ name, changes }) => (
            <List.Item key={name}>
              {name}: {changes.map(([what, n]) => words.within[what]?.(number(n)) ?? what).join(", ")}
            </List.Item>
          ))}
        </Section>
      )}
    </>
  );
}

function Counts({ of }: { readonly of: ReadReport["totals"] }) {
  return (
    <Table variant="vertical" withTableBorder layout="fixed" maw={420}>
      <Table.Tbody>
        {of.map(([name, n]) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" w={280}>
              {words.totals[name] ?? name}
            </Table.Th>
            <Table.Td ta="right">{number(n)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: React.ReactNode }) {
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        {title}
      </Title>
      <List spacing={4}>{children}</List>
    </Stack>
  );
}
