// What one run holds back: why, how much of what, exactly which messages, and the decision. It must never let anything through that was not shown:
// the number that is shown is sent along.
import { Button, Container, Loader, Paper, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { asking, asksMe } from "../../api/queries.ts";
import { FailureNote } from "../../shell/failure.tsx";
import { dateTime } from "../../texts/formats.ts";
import { halts } from "../../texts/runs.ts";
import { shell } from "../../texts/shell.ts";
import { ApproveDialog } from "./approve-dialog.tsx";
import { Back } from "./back.tsx";
import type { Halt } from "./shapes.ts";
import { UndoneTable } from "./undone-table.tsx";

const FOLLOWED_MS = 5_000;

export function HeldScreen() {
  const { run } = useParams({ strict: false }) as { readonly run: string };
  const { data, error, refetch } = useQuery({ ...asking("/halts", {}), refetchInterval: FOLLOWED_MS });
  if (error !== null) return <FailureNote error={error} again={() => refetch()} />;
  if (data === undefined) return <Loader aria-label={shell.loading} m="xl" />;
  const halt = data.halts.find((one) => String(one.run) === run);
  return (
    <Container size="lg" py="xl">
      <title>{shell.titled(halts.screen)}</title>
      <Stack gap="lg">
        <Back />
        {halt === undefined ? <Text role="status">{halts.settled}</Text> : <Held halt={halt} />}
      </Stack>
    </Container>
  );
}

function Held({ halt }: { readonly halt: Halt }) {
  const [isAsking, setAsking] = useState(false);
  const { data: me } = useQuery(asksMe);
  const isAdmin = me?.user.role === "admin";
  return (
    <>
      <Stack gap={4}>
        <Title order={1} size="h2">
          {halts.screen}
        </Title>
        <Text c="dimmed">
          {halts.of(halt.account, halt.archive)}
          {halt.started === null ? "" : `, ${dateTime(halt.started)}`}
        </Text>
      </Stack>
      <Kinds halt={halt} />
      <Stack gap={4}>
        <Title order={2} size="h4">
          {halts.why}
        </Title>
        {halt.reasons.map(({ text }) => (
          <Text key={text}>{text}.</Text>
        ))}
        <Text c="dimmed">{halts.decideNot}</Text>
      </Stack>
      {halt.approved !== null ? <Text role="status">{halts.approvedWaiting}</Text> : null}
      {isAdmin && halt.approved === null ? (
        <Button onClick={() => setAsking(true)} w="fit-content">
          {halts.approve(halt.messages)}
        </Button>
      ) : null}
      {isAdmin ? null : <Text c="dimmed">{halts.onlyAdmins}</Text>}
      <Stack gap="sm">
        <Title order={2} size="h4">
          {halts.which}
        </Title>
        <UndoneTable path="/runs/{run}/held" of={{ run: halt.run }} showsReasons={false} />
      </Stack>
      <ApproveDialog halt={halt} isOpen={isAsking} onClose={() => setAsking(false)} />
    </>
  );
}

/** How much of what, and what becomes of it. */
function Kinds({ halt }: { readonly halt: Halt }) {
  const kinds = [...new Set(halt.mailboxes.map(({ kind }) => kind))];
  return (
    <Stack gap="sm">
      {kinds.map((kind) => {
        const sum = halt.mailboxes.reduce((all, one) => all + (one.kind === kind ? one.messages : 0), 0);
        return (
          <Paper key={kind} withBorder p="md">
            <Text fw={600}>{halts.kinds[kind](sum)}</Text>
            <Text c="dimmed" size="sm">
              {halts.explained[kind]}
            </Text>
          </Paper>
        );
      })}
    </Stack>
  );
}
