// The end: what happens now, and where it can be seen.
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { ButtonLink } from "../../../parts/button-link.tsx";
import { ToneSign } from "../../../parts/tone.tsx";
import { adding } from "../../../texts/accounts.ts";
import type { Adding } from "./adding.ts";

const { done: words } = adding;

export function DoneStep({ by, onNext }: { readonly by: "worker" | "here"; readonly onNext: (next: Adding) => void }) {
  return (
    <Stack role="status">
      <Group>
        <ToneSign tone="good" size={40} />
        <Title order={2} size="h3">
          {words.title}
        </Title>
      </Group>
      <Text>{by === "worker" ? words.leadWorker : words.lead}</Text>
      <Group>
        <ButtonLink to="/">{words.safe}</ButtonLink>
        <Button variant="default" onClick={() => onNext({ step: "address", text: "" })}>
          {words.another}
        </Button>
      </Group>
    </Stack>
  );
}
