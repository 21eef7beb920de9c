// How far a job is: in a bar where its end is known, and in words.
import { Paper, Progress, Stack, Text } from "@mantine/core";
import { number, size } from "../../texts/formats.ts";
import { imported } from "../../texts/import.ts";
import { jobs } from "../../texts/restore.ts";
import type { Job } from "./use-job.ts";

export function ProgressNote({ job }: { readonly job: Job }) {
  const { progress } = job;
  const all = progress?.of.messages ?? null;
  const share = progress === null ? null : shareOf(progress);
  return (
    <Paper withBorder p="md" role="status">
      <Stack gap="xs">
        <Text fw={500}>
          {progress === null ? (jobs.states[job.state] ?? job.state) : (jobs.phases[progress.phase] ?? progress.phase)}
          {progress?.account === null || progress === null ? "" : ` · ${progress.account}`}
        </Text>
        <Progress
          value={share === null ? 100 : share * 100}
          animated={share === null}
          striped={share === null}
          aria-label={jobs.progress}
        />
        {progress === null ? null : (
          <Text size="sm" c="dimmed">
            {all === null
              ? amountOf(progress)
              : `${jobs.of(number(progress.messages), number(all))} · ${size(progress.bytes)}`}
          </Text>
        )}
      </Stack>
    </Paper>
  );
}

type Known = NonNullable<Job["progress"]>;

/** From 0 to 1, by messages or by bytes, whichever end is known; null: neither is. */
function shareOf({ messages, bytes, of }: Known): number | null {
  if (of.messages !== null && of.messages > 0) return Math.min(1, messages / of.messages);
  return of.bytes === null || of.bytes === 0 ? null : Math.min(1, bytes / of.bytes);
}

/** Where the number of messages is known only at the end. */
function amountOf({ messages, bytes, of }: Known): string {
  const data = of.bytes === null ? size(bytes) : jobs.of(size(bytes), size(of.bytes));
  return messages === 0 ? (bytes === 0 ? "" : data) : `${imported.read(messages)} · ${data}`;
}
