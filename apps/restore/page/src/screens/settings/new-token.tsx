// The form for a new token: what it is for, what it may do, until when.
import { Button, Checkbox, Group, Paper, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { send } from "../../api/client.ts";
import type { Answer } from "../../api/shapes.ts";
import { Failing } from "../../parts/failing.tsx";
import { type Scope, settings } from "../../texts/settings.ts";

const texts = settings.tokens;
const SCOPES = Object.keys(texts.scope) as Scope[];
const PERIODS = Object.keys(texts.days);
const FIRST_PERIOD = "90";

interface NewTokenProps {
  readonly onMade: (made: Answer<"post", "/tokens">) => void;
  readonly onCancel: () => void;
}

export function NewToken({ onMade, onCancel }: NewTokenProps) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly string[]>(["read"]);
  const [days, setDays] = useState(FIRST_PERIOD);
  const making = useMutation({
    mutationFn: () =>
      send("post", "/tokens", {
        body: { name, scopes: scopes as Scope[], ...(days === "" ? {} : { days: Number(days) }) },
      }),
    onSuccess: onMade,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    making.mutate();
  };
  return (
    <Paper withBorder p="md" component="form" onSubmit={submit}>
      <Stack gap="md">
        <TextInput
          label={texts.name}
          placeholder={texts.namePlaceholder}
          required
          withAsterisk={false}
          maxLength={100}
          autoFocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Checkbox.Group label={texts.scopes} value={[...scopes]} onChange={setScopes}>
          <Stack gap="xs" mt="xs">
            {SCOPES.map((scope) => (
              <Checkbox key={scope} value={scope} label={texts.scope[scope]} />
            ))}
          </Stack>
        </Checkbox.Group>
        <Stack gap={4}>
          <Text size="sm" fw={500}>
            {texts.until}
          </Text>
          <SegmentedControl
            aria-label={texts.until}
            value={days}
            onChange={setDays}
            data={PERIODS.map((value) => ({ value, label: texts.days[value] ?? value }))}
          />
        </Stack>
        <Failing error={making.error} />
        <Group>
          <Button type="submit" loading={making.isPending} disabled={scopes.length === 0}>
            {texts.submit}
          </Button>
          <Button variant="default" onClick={onCancel}>
            {texts.cancel}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}
