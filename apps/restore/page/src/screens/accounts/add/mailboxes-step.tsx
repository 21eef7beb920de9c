// The third step: which mailboxes are kept. All but junk are chosen; what is left out is left out by name, so that new mailboxes are kept, too.
import { Button, Checkbox, Group, Paper, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { send } from "../../../api/client.ts";
import { Failing } from "../../../parts/failing.tsx";
import { adding } from "../../../texts/accounts.ts";
import { type Facts, sumOf } from "../facts.ts";
import { type Adding, type Choice, choicesOf, excludedOf } from "./adding.ts";
import styles from "./mailboxes-step.module.css";

const { mailboxes: words } = adding;

interface MailboxesStepProps {
  readonly account: number;
  readonly facts: Facts;
  readonly onNext: (next: Adding) => void;
}

export function MailboxesStep({ account, facts, onNext }: MailboxesStepProps) {
  const [choices, setChoices] = useState(() => choicesOf(facts));
  const [archive, setArchive] = useState("");
  const sum = sumOf(facts);
  const isNone = choices.every(({ isChosen }) => !isChosen);
  const tying = useMutation({
    mutationFn: () =>
      send("post", "/links", {
        body: { account, exclude: excludedOf(choices), ...(archive.trim() === "" ? {} : { archive: archive.trim() }) },
      }),
    onSuccess: ({ link }) => onNext({ step: "schedule", link }),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        tying.mutate();
      }}
    >
      <Stack>
        <Text role="status">{words.lead(sum.mailboxes, sum.messages)}</Text>
        <Choices choices={choices} onChange={setChoices} />
        <TextInput
          label={words.archive}
          description={words.archiveHint}
          value={archive}
          onChange={(event) => setArchive(event.currentTarget.value)}
          maxLength={200}
        />
        {isNone ? <Text c="var(--mantine-color-error)">{words.none}</Text> : null}
        <Failing error={tying.error} />
        <Button type="submit" loading={tying.isPending} disabled={isNone} w="fit-content">
          {words.submit}
        </Button>
      </Stack>
    </form>
  );
}

interface ChoicesProps {
  readonly choices: readonly Choice[];
  readonly onChange: (choices: readonly Choice[]) => void;
}

function Choices({ choices, onChange }: ChoicesProps) {
  const chosen = choices.filter(({ isChosen }) => isChosen).length;
  const set = (which: string | null, isChosen: boolean): void =>
    onChange(choices.map((one) => (which === null || one.name === which ? { ...one, isChosen } : one)));
  return (
    <Paper withBorder p="md">
      <Stack gap="xs" className={styles.list}>
        <Checkbox
          label={words.all}
          checked={chosen === choices.length}
          indeterminate={chosen > 0 && chosen < choices.length}
          onChange={(event) => set(null, event.currentTarget.checked)}
        />
        {choices.map(({ name, messages, isChosen }) => (
          <Group key={name} justify="space-between" wrap="nowrap">
            <Checkbox label={name} checked={isChosen} onChange={(event) => set(name, event.currentTarget.checked)} />
            <Text size="sm" c="dimmed">
              {words.count(messages)}
            </Text>
          </Group>
        ))}
      </Stack>
    </Paper>
  );
}
