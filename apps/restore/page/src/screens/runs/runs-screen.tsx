// The screen "Runs": its place in the frame.
import { Container, Title } from "@mantine/core";
import { shell } from "../../texts/shell.ts";

export function RunsScreen() {
  return (
    <Container size="lg" py="xl">
      <title>{shell.titled(shell.places.runs)}</title>
      <Title order={1} size="h2">
        {shell.places.runs}
      </Title>
    </Container>
  );
}
