// The screen "Settings": its place in the frame.
import { Container, Title } from "@mantine/core";
import { shell } from "../../texts/shell.ts";

export function SettingsScreen() {
  return (
    <Container size="lg" py="xl">
      <title>{shell.titled(shell.places.settings)}</title>
      <Title order={1} size="h2">
        {shell.places.settings}
      </Title>
    </Container>
  );
}
