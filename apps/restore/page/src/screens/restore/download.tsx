// An export: what it holds, and where it is taken. The browser takes it as any other download, so it goes on when this page is left.
import { Alert, Button, Paper, Stack, Text } from "@mantine/core";
import { jobs } from "../../texts/restore.ts";
import { isAtWork, type Job } from "./use-job.ts";

type Export = Extract<Job, { kind: "export" }>;

export function Download({ job }: { readonly job: Export }) {
  const { preview, result } = job;
  return (
    <Stack gap="md">
      {result === null ? null : (
        <Alert color={result.damaged.length > 0 ? "yellow" : "cyan"} variant="light" role="status">
          <Stack gap={4}>
            <Text size="sm">{jobs.taken(result.messages, result.bytes)}</Text>
            {result.erased > 0 ? <Text size="sm">{jobs.erased(result.erased)}</Text> : null}
            {result.damaged.length > 0 ? <Text size="sm">{jobs.damaged(result.damaged.length)}</Text> : null}
          </Stack>
        </Alert>
      )}
      {isAtWork(job) ? null : (
        <Paper withBorder p="md">
          <Stack gap="sm" align="flex-start">
            {preview === null ? null : <Text>{jobs.holds(preview.messages, preview.bytes, preview.mailboxes)}</Text>}
            <Text size="sm" c="dimmed">
              {jobs.takeHint}
            </Text>
            <Button component="a" href={job.download} download>
              {jobs.take}
            </Button>
          </Stack>
        </Paper>
      )}
    </Stack>
  );
}
