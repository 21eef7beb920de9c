// Says where a link of a message leads, before anything is opened. The address stands behind the # and reaches no server. It must never go on by
// itself, whatever the address is.
import { Alert, Button, Center, List, Paper, Stack, Text, Title } from "@mantine/core";
import { AlertIcon } from "../../parts/icons.tsx";
import { leave } from "../../texts/message-view.ts";
import { shell } from "../../texts/shell.ts";
import { leavingTarget } from "../mail/message-view/links.ts";

export function LeaveScreen() {
  const target = leavingTarget(location.hash);
  return (
    <Center component="main" mih="100vh" p="md">
      <title>{shell.titled(leave.title)}</title>
      <meta name="referrer" content="no-referrer" />
      <Paper withBorder p="xl" radius="md" w="100%" maw={560}>
        <Stack>
          <Title order={1} size="h3">
            {leave.title}
          </Title>
          {target === null ? (
            <Text>{leave.nothing}</Text>
          ) : (
            <>
              <Text c="dimmed" size="sm">
                {leave.lead}
              </Text>
              <div>
                <Text size="sm" c="dimmed">
                  {/^https?:/.test(target.url) ? leave.leadsTo : leave.writesTo}
                </Text>
                <Text size="xl" fw={600} style={{ overflowWrap: "anywhere" }}>
                  <bdi>{target.host}</bdi>
                </Text>
              </div>
              {target.tricks.length === 0 ? null : (
                <Alert color="yellow" variant="light" icon={<AlertIcon />}>
                  <Text fw={600} size="sm" mb={4}>
                    {leave.careful}
                  </Text>
                  <List size="sm">
                    {target.tricks.map((trick) => (
                      <List.Item key={trick}>{leave.tricks[trick]}</List.Item>
                    ))}
                  </List>
                </Alert>
              )}
              <div>
                <Text size="sm" c="dimmed" mb={4}>
                  {leave.whole}
                </Text>
                <Text size="sm" ff="monospace" style={{ overflowWrap: "anywhere" }}>
                  {target.url}
                </Text>
              </div>
              <Button component="a" href={target.url} rel="noopener noreferrer nofollow" referrerPolicy="no-referrer">
                {leave.open}
              </Button>
            </>
          )}
          <Text size="sm" c="dimmed">
            {leave.closeHint}
          </Text>
        </Stack>
      </Paper>
    </Center>
  );
}
