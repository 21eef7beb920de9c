// Says that what is shown is the past, with the ways out.
import { Alert, Group, Text } from "@mantine/core";
import type { ReactNode } from "react";

/** For links and buttons in it: on the colour of a note the accent would be too pale to read. */
export const WAY_OUT = { size: "sm", c: "var(--mantine-color-text)", underline: "always" } as const;

export function PastNote({ text, children }: { readonly text: string; readonly children: ReactNode }) {
  return (
    <Alert color="yellow" variant="light" p="xs" role="status">
      <Group justify="space-between" gap="xs">
        <Text size="sm" fw={600}>
          {text}
        </Text>
        <Group gap="lg">{children}</Group>
      </Group>
    </Alert>
  );
}
