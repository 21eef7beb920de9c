// What is not done on one account, message by message with the reason, and another try.
import { Button, Container, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { asking, asksMe } from "../../api/queries.ts";
import { Failing } from "../../parts/failing.tsx";
import { useRunNow } from "../../parts/run-now.ts";
import { halts, undone } from "../../texts/runs.ts";
import { safe } from "../../texts/safe.ts";
import { shell } from "../../texts/shell.ts";
import { Back } from "./back.tsx";
import { UndoneTable } from "./undone-table.tsx";

export function PendingScreen() {
  const { link } = useParams({ strict: false }) as { readonly link: string };
  const { data: me } = useQuery(asksMe);
  const { data: status } = useQuery(asking("/status", {}));
  const { ask, isAsked, error } = useRunNow();
  const one = status?.links.find((each) => String(each.link) === link);
  return (
    <Container size="lg" py="xl">
      <title>{shell.titled(undone.title)}</title>
      <Stack gap="lg">
        <Back />
        <Stack gap={4}>
          <Title order={1} size="h2">
            {undone.title}
          </Title>
          {one === undefined ? null : <Text c="dimmed">{halts.of(one.account, one.archive)}</Text>}
          <Text>{undone.lead}</Text>
        </Stack>
        {one !== undefined && me?.user.role === "admin" ? (
          <Group>
            <Button onClick={() => void ask(one).catch(() => undefined)} disabled={isAsked(one)}>
              {undone.retry}
            </Button>
            {isAsked(one) ? <Text c="dimmed">{safe.asked}</Text> : null}
          </Group>
        ) : null}
        <Failing error={error} />
        <UndoneTable path="/links/{link}/pending" of={{ link: Number(link) }} showsReasons />
      </Stack>
    </Container>
  );
}
