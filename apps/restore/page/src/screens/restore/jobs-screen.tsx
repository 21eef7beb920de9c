// All restores, downloads and imports, the latest first.
import { Anchor, Button, Container, Group, Stack, Table, Text, Title } from "@mantine/core";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { get, send } from "../../api/client.ts";
import { Failing } from "../../parts/failing.tsx";
import { FailureNote } from "../../shell/failure.tsx";
import { dateTime } from "../../texts/formats.ts";
import { jobs } from "../../texts/restore.ts";
import { shell } from "../../texts/shell.ts";
import { listedTitle } from "./job-words.ts";
import type { Job } from "./use-job.ts";

export function JobsScreen() {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ["/jobs"],
    initialPageParam: undefined as number | undefined,
    queryFn: ({ pageParam, signal }) =>
      get("/jobs", { query: pageParam === undefined ? {} : { before: String(pageParam) } }, signal),
    getNextPageParam: (page) => (page.next === null ? undefined : page.jobs.at(-1)?.job),
  });
  const all = data?.pages.flatMap((page) => page.jobs) ?? [];
  return (
    <Container size="md" py="xl">
      <title>{shell.titled(jobs.title)}</title>
      <Stack gap="lg">
        <Title order={1} size="h2">
          {jobs.title}
        </Title>
        {error === null ? null : <FailureNote error={error} again={() => refetch()} />}
        {data !== undefined && all.length === 0 ? <Text c="dimmed">{jobs.none}</Text> : null}
        <Table verticalSpacing="sm" aria-label={jobs.title}>
          <Table.Tbody>
            {all.map((job) => (
              <Table.Tr key={job.job}>
                <Table.Td style={{ overflowWrap: "anywhere" }}>
                  <Anchor renderRoot={(props) => <Link {...props} to="/jobs/$job" params={{ job: job.job }} />}>
                    {listedTitle(job)}
                  </Anchor>
                  {/* A narrow window has no room for columns: the same in a line. */}
                  <Text hiddenFrom="sm" size="sm" c="dimmed">
                    {job.created === null ? "" : dateTime(job.created)}
                  </Text>
                </Table.Td>
                <Table.Td visibleFrom="sm">{job.created === null ? "" : dateTime(job.created)}</Table.Td>
                <Table.Td>
                  <Group gap="xs" justify="space-between">
                    {jobs.states[job.state] ?? job.state}
                    {job.state === "planned" ? <Forget job={job} /> : null}
                  </Group>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        {hasNextPage ? (
          <Button variant="default" loading={isFetchingNextPage} onClick={() => fetchNextPage()}>
            {jobs.more}
          </Button>
        ) : null}
      </Stack>
    </Container>
  );
}

/** Takes off the list what was looked at and not begun: nothing was done, so nothing is asked. */
function Forget({ job }: { readonly job: Job }) {
  const forgetting = useMutation({
    mutationFn: () => send("delete", "/jobs/{job}", { params: { job: job.job } }),
  });
  return (
    <>
      <Button
        variant="subtle"
        size="compact-sm"
        aria-label={jobs.forgetThis(listedTitle(job))}
        loading={forgetting.isPending}
        onClick={() => forgetting.mutate()}
      >
        {jobs.forget}
      </Button>
      <Failing error={forgetting.error} />
    </>
  );
}
