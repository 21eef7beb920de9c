// The screen "Safe": its place in the frame.
import { Container, Title } from "@mantine/core";
import { shell } from "../../texts/shell.ts";

export function SafeScreen() {
  return (
    <Container size="lg" py="xl">
      <title>{shell.titled(shell.places.safe)}</title>
      <Title order={1} size="h2">
        {shell.places.safe}
      </Title>
    </Container>
  );
}
