// What an import brought in, mailbox by mailbox, and what of the file could not be read.
import { Alert, Stack, Table, Text, Title } from "@mantine/core";
import { imported } from "../../texts/import.ts";
import { jobs } from "../../texts/restore.ts";
import { isAtWork, type Job } from "./use-job.ts";

type Import = Extract<Job, { kind: "import" }>;
type Result = NonNullable<Import["result"]>;

const CAN_GO_ON: readonly Job["state"][] = ["failed", "cancelled", "interrupted"];

export function ImportResult({ job }: { readonly job: Import }) {
  const { result } = job;
  return (
    <>
      {result === null ? null : (
        <Alert
          color={result.failed > 0 ? "yellow" : "cyan"}
          variant="light"
          role="status"
          title={jobs.states[job.state] ?? job.state}
        >
          <Text size="sm">{result.said}</Text>
          {job.asked?.dryRun === true ? <Text size="sm">{imported.dryRun}</Text> : null}
          {result.what === null ? null : <Text size="sm">{imported.what(result.what)}</Text>}
        </Alert>
      )}
      {!isAtWork(job) && CAN_GO_ON.includes(job.state) ? <Text size="sm">{imported.again}</Text> : null}
      {result === null || result.mailboxes.length === 0 ? null : <Mailboxes result={result} />}
      {result === null || result.failures.length === 0 ? null : <Failures result={result} />}
    </>
  );
}

function Mailboxes({ result: { mailboxes, moreMailboxes } }: { readonly result: Result }) {
  const rows = mailboxes.map(({ mailbox, added, alreadyThere }): Line => {
    const said = [
      ...(added > 0 ? [imported.added(added)] : []),
      ...(alreadyThere > 0 ? [imported.there(alreadyThere)] : []),
    ];
    return [mailbox, said.join(", ")];
  });
  return <Lines title={imported.result} rows={rows} more={moreMailboxes > 0 ? imported.more(moreMailboxes) : null} />;
}

function Failures({ result: { failures, failed } }: { readonly result: Result }) {
  const more = failed - failures.length;
  const rows = failures.map(({ place, detail }): Line => [place, detail]);
  return <Lines title={imported.failures} rows={rows} more={more > 0 ? imported.moreFailures(more) : null} />;
}

/** Of foreign origin, and what is said of it. */
type Line = readonly [string, string];

interface LinesProps {
  readonly title: string;
  readonly rows: readonly Line[];
  /** That there are others. Null: there are none. */
  readonly more: string | null;
}

function Lines({ title, rows, more }: LinesProps) {
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        {title}
      </Title>
      <Table aria-label={title}>
        <Table.Tbody>
          {rows.map(([name, said], at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes, and one name may stand in it twice.
            <Table.Tr key={at}>
              <Table.Td style={{ overflowWrap: "anywhere" }}>
                <bdi>{name}</bdi>
              </Table.Td>
              <Table.Td>{said}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {more === null ? null : <Text size="sm">{more}</Text>}
    </Stack>
  );
}
