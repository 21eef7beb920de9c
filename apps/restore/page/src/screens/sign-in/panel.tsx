// The card in the middle of the window that somebody sees who is not signed in yet.
import { Center, Paper, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { BoatIcon } from "../../parts/icons.tsx";
import { shell } from "../../texts/shell.ts";
import styles from "./panel.module.css";

interface PanelProps {
  readonly title: string;
  readonly lead: string;
  readonly children: ReactNode;
}

export function Panel({ title, lead, children }: PanelProps) {
  return (
    <Center component="main" mih="100vh" p="md" className={styles.backdrop}>
      <title>{shell.titled(title)}</title>
      <Stack w="100%" maw={400} gap="lg">
        <Stack align="center" gap={6} className={styles.brand}>
          <BoatIcon size={40} />
          <Text fw={650}>{shell.name}</Text>
        </Stack>
        <Paper withBorder shadow="xs" radius="lg" p="xl">
          <Stack gap="lg">
            <Stack gap={4}>
              <Title order={1} size="h3">
                {title}
              </Title>
              <Text size="sm" c="dimmed">
                {lead}
              </Text>
            </Stack>
            {children}
          </Stack>
        </Paper>
      </Stack>
    </Center>
  );
}
