// How far a job is: in a bar where its end is known, and in words.
import { Paper, Progress, Stack, Text } from "@mantine/core";
import { number, size } from "../../texts/formats.ts";
import { jobs } from "../../texts/restore.ts";
import type { Job } from "./use-job.ts";

export function ProgressNote({ job }: { readonly job: Job }) {
  const { progress } = job;
  const all = progress?.of.messages ?? null;
  const share = progress === null || all === null || all === 0 ? null : Math.min(1, progress.messages / all);
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
        {progress === null || all === null ? null : (
          <Text size="sm" c="dimmed">
            {jobs.of(number(progress.messages), number(all))} · {size(progress.bytes)}
          </Text>
        )}
      </Stack>
    </Paper>
  );
}
