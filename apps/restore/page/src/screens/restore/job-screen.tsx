// One restore, download or import: what would happen, how far it is, what became of it. Its address is all that is needed to come back to it.
import { Alert, Anchor, Button, Container, Group, Loader, Stack, Text, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { send } from "../../api/client.ts";
import { Failing } from "../../parts/failing.tsx";
import { FailureNote } from "../../shell/failure.tsx";
import { jobs } from "../../texts/restore.ts";
import { shell } from "../../texts/shell.ts";
import { Download } from "./download.tsx";
import { ImportResult } from "./import-result.tsx";
import { lineOf, titleOf } from "./job-words.ts";
import { Preview, ToHeld } from "./preview.tsx";
import { ProgressNote } from "./progress-note.tsx";
import { isAtWork, type Job, useJob } from "./use-job.ts";

export function JobScreen() {
  const { job } = useParams({ from: "/gate/jobs/$job" });
  const { data, error, refetch } = useJob(job);
  const title = data === undefined ? jobs.title : titleOf(data);
  return (
    <Container size="md" py="xl">
      <title>{shell.titled(title)}</title>
      <Stack gap="lg">
        <div>
          <Title order={1} size="h2">
            {title}
          </Title>
          {data === undefined ? null : <Text c="dimmed">{lineOf(data)}</Text>}
        </div>
        {error === null ? null : <FailureNote error={error} again={() => refetch()} />}
        {data === undefined && error === null ? <Loader aria-label={shell.loading} /> : null}
        {data === undefined ? null : <Standing job={data} />}
        <Group gap="lg">
          {data === undefined ? null : (
            <Anchor renderRoot={(props) => <Link {...props} to="/mail" search={{ archive: data.archive }} />}>
              {jobs.backToMail}
            </Anchor>
          )}
          <Anchor renderRoot={(props) => <Link {...props} to="/jobs" />}>{jobs.all}</Anchor>
        </Group>
      </Stack>
    </Container>
  );
}

/** How it is, and what can be done about it. */
function Standing({ job }: { readonly job: Job }) {
  return (
    <>
      {job.error === null ? null : (
        <Alert color="red" role="alert" title={jobs.states[job.state]}>
          {job.error.text}
        </Alert>
      )}
      {job.kind === "export" ? <Download job={job} /> : null}
      {job.kind === "import" ? <ImportResult job={job} /> : null}
      {job.kind === "restore" && job.result !== null ? <Result state={job.state} result={job.result} /> : null}
      {isAtWork(job) ? <ProgressNote job={job} /> : null}
      {job.kind === "restore" && job.result === null && !isAtWork(job) && job.preview !== null ? (
        <Preview preview={job.preview} />
      ) : null}
      <Actions job={job} />
    </>
  );
}

type RestoreJob = Extract<Job, { kind: "restore" }>;

function Result({ state, result }: { readonly state: string; readonly result: NonNullable<RestoreJob["result"]> }) {
  const holding = result.runs.flatMap(({ run, halts }) => (run !== null && halts.length > 0 ? [run] : []));
  const last = holding.at(-1);
  return (
    <Alert
      color={state === "done" ? "cyan" : "yellow"}
      variant="light"
      role="status"
      title={jobs.states[state] ?? state}
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{result.said}</Text>
        {last === undefined ? null : <ToHeld run={last} />}
      </Stack>
    </Alert>
  );
}

const BEGUN_AGAIN: readonly Job["state"][] = ["failed", "partial", "cancelled", "interrupted"];

function Actions({ job }: { readonly job: Job }) {
  const acting = useMutation({
    mutationFn: (act: "begin" | "cancel") =>
      act === "begin"
        ? send("post", "/jobs/{job}/begin", { params: { job: job.job } })
        : send("post", "/jobs/{job}/cancel", { params: { job: job.job } }),
  });
  const isRestore = job.kind === "restore";
  const isNeeded = isRestore && job.state === "planned" && job.preview !== null && !isNothing(job.preview);
  const isRemoving = isRestore && job.preview !== null && removedBy(job.preview) > 0;
  const isRemovingThere = isRestore && job.preview !== null && isBeside(job.preview, "ALSO_REMOVED");
  return (
    <>
      <Failing error={acting.error} />
      {/* What stops it is not where the pointer is that began it. */}
      <Group justify={isAtWork(job) ? "flex-end" : "flex-start"}>
        {isNeeded ? (
          <Button
            {...(isRemoving || isRemovingThere ? { color: "red" } : {})}
            loading={acting.isPending}
            onClick={() => acting.mutate("begin")}
          >
            {isRemoving ? jobs.beginRemoving : isRemovingThere ? jobs.beginRemovingThere : jobs.begin}
          </Button>
        ) : null}
        {isRestore && BEGUN_AGAIN.includes(job.state) ? (
          <Button loading={acting.isPending} onClick={() => acting.mutate("begin")}>
            {jobs.again}
          </Button>
        ) : null}
        {isAtWork(job) && !job.cancelled ? (
          <Button variant="default" loading={acting.isPending} onClick={() => acting.mutate("cancel")}>
            {jobs.cancel}
          </Button>
        ) : null}
        {isAtWork(job) && job.cancelled ? <Text c="dimmed">{jobs.cancelling}</Text> : null}
      </Group>
    </>
  );
}

type RestorePreview = NonNullable<RestoreJob["preview"]>;

/** Neither the archive nor an account would change. */
const isNothing = (preview: RestorePreview): boolean =>
  preview.accounts.every(({ toAppend, toBeMatched }) => toAppend + toBeMatched === 0) &&
  (preview.isEmpty || preview.totals === null) &&
  !isBeside(preview, "ALSO_SENT") &&
  !isBeside(preview, "ALSO_REMOVED");

/** An account changes besides what was chosen. */
const isBeside = ({ inTheWay }: RestorePreview, kind: "ALSO_SENT" | "ALSO_REMOVED"): boolean =>
  inTheWay.some(({ code }) => code === kind);

const removedBy = ({ totals, removedMailboxes }: RestorePreview): number =>
  (totals?.removed ?? 0) + removedMailboxes.length;
