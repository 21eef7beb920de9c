// What guards hold back, before everything else on the screen. Nothing where nothing waits.

import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { asking } from "../../api/queries.ts";
import { ButtonLink } from "../../parts/button-link.tsx";
import { ToneSign } from "../../parts/tone.tsx";
import { dateTime } from "../../texts/formats.ts";
import { halts } from "../../texts/runs.ts";
import type { Halt } from "./shapes.ts";

const FOLLOWED_MS = 5_000;

export function Halts() {
  const { data } = useQuery({ ...asking("/halts", {}), refetchInterval: FOLLOWED_MS });
  return data?.halts.map((halt) => <HaltNote key={halt.run} halt={halt} />) ?? null;
}

function HaltNote({ halt }: { readonly halt: Halt }) {
  return (
    <Paper component="section" withBorder p="lg" aria-label={halts.title}>
      <Group wrap="nowrap" align="flex-start">
        <ToneSign tone={halt.approved === null ? "bad" : "calm"} size={36} />
        <Stack gap={6}>
          <Title order={2} size="h4">
            {halt.approved === null ? halts.title : halts.approvedTitle}
          </Title>
          <Text c="dimmed" size="sm">
            {halts.of(halt.account, halt.archive)}
            {halt.started === null ? "" : `, ${dateTime(halt.started)}`}
          </Text>
          <Text>{halt.approved === null ? halts.lead(halt.messages) : halts.approvedWaiting}</Text>
          <ButtonLink to="/runs/held/$run" params={{ run: String(halt.run) }} w="fit-content" mt={6}>
            {halts.look}
          </ButtonLink>
        </Stack>
      </Group>
    </Paper>
  );
}
