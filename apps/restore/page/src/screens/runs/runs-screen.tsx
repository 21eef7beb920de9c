// What ran: first what waits for a decision, then the course of things as charts, then run by run.
import { Container, Stack, Title } from "@mantine/core";
import { runs } from "../../texts/runs.ts";
import { shell } from "../../texts/shell.ts";
import { Charts } from "./charts.tsx";
import { Halts } from "./halts.tsx";
import { RunsTable } from "./runs-table.tsx";

export function RunsScreen() {
  return (
    <Container size="lg" py="xl">
      <title>{shell.titled(shell.places.runs)}</title>
      <Stack gap="lg">
        <Title order={1} size="h2">
          {runs.title}
        </Title>
        <Halts />
        <Charts />
        <RunsTable />
      </Stack>
    </Container>
  );
}
