// The screen "Accounts": its place in the frame.
import { Container, Title } from "@mantine/core";
import { shell } from "../../texts/shell.ts";

export function AccountsScreen() {
  return (
    <Container size="lg" py="xl">
      <title>{shell.titled(shell.places.accounts)}</title>
      <Title order={1} size="h2">
        {shell.places.accounts}
      </Title>
    </Container>
  );
}
