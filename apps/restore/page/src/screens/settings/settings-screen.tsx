// The screen "Settings": what one's programs may do; for administrators also who may sign in, and what was read by whom.
import { Container, Divider, Stack, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { asksMe } from "../../api/queries.ts";
import { shell } from "../../texts/shell.ts";
import { Record } from "./record.tsx";
import { Tokens } from "./tokens.tsx";
import { Users } from "./users.tsx";

export function SettingsScreen() {
  const { data: me } = useQuery(asksMe);
  return (
    <Container size="md" py="xl">
      <title>{shell.titled(shell.places.settings)}</title>
      <Stack gap="xl">
        <Title order={1} size="h2">
          {shell.places.settings}
        </Title>
        <Tokens />
        {me?.user.role === "admin" ? (
          <>
            <Divider />
            <Users me={me.user.id} />
            <Divider />
            <Record />
          </>
        ) : null}
      </Stack>
    </Container>
  );
}
