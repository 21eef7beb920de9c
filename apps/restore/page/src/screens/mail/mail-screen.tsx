// The screen "Mail": the archives that one may read.
import { Container, List, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { asking } from "../../api/queries.ts";
import { FailureNote } from "../../shell/failure.tsx";
import { shell } from "../../texts/shell.ts";

export function MailScreen() {
  const { data, error, refetch } = useQuery(asking("/archives", {}));
  return (
    <Container size="lg" py="xl">
      <title>{shell.titled(shell.places.mail)}</title>
      <Title order={1} size="h2">
        {shell.places.mail}
      </Title>
      {error === null ? null : <FailureNote error={error} again={() => refetch()} />}
      <List mt="md">
        {data?.archives.map(({ archive, name }) => (
          <List.Item key={archive}>{name}</List.Item>
        ))}
      </List>
    </Container>
  );
}
