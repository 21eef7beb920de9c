// The answer, large: one look is enough.
import { Group, Stack, Text, Title } from "@mantine/core";
import { ToneSign } from "../../parts/tone.tsx";
import type { Verdict } from "./standing.ts";

export function VerdictBlock({ verdict }: { readonly verdict: Verdict }) {
  return (
    <Group gap="lg" wrap="nowrap" align="flex-start" role="status">
      <ToneSign tone={verdict.tone} size={56} />
      <Stack gap={4}>
        <Title order={2} size="h1" lh={1.2}>
          {verdict.title}
        </Title>
        <Text c="dimmed" maw={640}>
          {verdict.lead}
        </Text>
      </Stack>
    </Group>
  );
}
