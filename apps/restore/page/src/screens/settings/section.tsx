// One part of the settings: what it is about, what can be added, and its rows.
import { Box, Group, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface SectionProps {
  readonly title: string;
  readonly lead: string;
  /** The button beside the title. */
  readonly action?: ReactNode;
  readonly children: ReactNode;
}

export function Section({ title, lead, action, children }: SectionProps) {
  return (
    <Stack component="section" aria-label={title} gap="md">
      <Group justify="space-between" align="flex-start" gap="md">
        <Box flex="1 1 280px">
          <Title order={2} size="h4">
            {title}
          </Title>
          <Text size="sm" c="dimmed" maw={560}>
            {lead}
          </Text>
        </Box>
        {action}
      </Group>
      {children}
    </Stack>
  );
}

interface RowProps {
  readonly name: ReactNode;
  /** Short remarks, in one line where there is room. */
  readonly about: readonly string[];
  readonly actions: ReactNode;
}

/** One thing that there is, with what can be done to it. */
export function Row({ name, about, actions }: RowProps) {
  return (
    <Group component="li" justify="space-between" gap="sm" py="sm" wrap="wrap">
      <Box flex="1 1 240px" miw={0}>
        <Text fw={500} truncate>
          {name}
        </Text>
        <Text size="sm" c="dimmed">
          {about.join(" · ")}
        </Text>
      </Box>
      <Group gap="xs">{actions}</Group>
    </Group>
  );
}
