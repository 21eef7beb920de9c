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
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        {imported.result}
      </Title>
      <Table aria-label={imported.result}>
        <Table.Tbody>
          {mailboxes.map(({ mailbox, added, alreadyThere }) => (
            <Table.Tr key={mailbox}>
              <Table.Td>
                <bdi>{mailbox}</bdi>
              </Table.Td>
              <Table.Td>
                {[
                  ...(added > 0 ? [imported.added(added)] : []),
                  ...(alreadyThere > 0 ? [imported.there(alreadyThere)] : []),
                ].join(", ")}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {moreMailboxes > 0 ? <Text size="sm">{imported.more(moreMailboxes)}</Text> : null}
    </Stack>
  );
}

function Failures({ result: { failures, failed } }: { readonly result: Result }) {
  const more = failed - failures.length;
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        {imported.failures}
      </Title>
      <Table aria-label={imported.failures}>
        <Table.Tbody>
          {failures.map(({ place, detail }, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes, and one place may stand in it twice.
            <Table.Tr key={at}>
              <Table.Td style={{ overflowWrap: "anywhere" }}>
                <bdi>{place}</bdi>
              </Table.Td>
              <Table.Td>{detail}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {more > 0 ? <Text size="sm">{imported.moreFailures(more)}</Text> : null}
    </Stack>
  );
}
