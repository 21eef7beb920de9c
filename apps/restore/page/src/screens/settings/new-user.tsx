// The form that invites somebody: a name, what they may, and which archives.
import { Button, Checkbox, Group, Paper, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { send } from "../../api/client.ts";
import type { Answer } from "../../api/shapes.ts";
import { Failing } from "../../parts/failing.tsx";
import { settings, type UserRole } from "../../texts/settings.ts";

const texts = settings.users;
const ROLES = Object.keys(texts.roles) as UserRole[];

interface NewUserProps {
  readonly archives: Answer<"get", "/archives">["archives"];
  readonly onMade: (name: string, made: Answer<"post", "/users">) => void;
  readonly onCancel: () => void;
}

export function NewUser({ archives, onMade, onCancel }: NewUserProps) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<UserRole>("reader");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const making = useMutation({
    mutationFn: () =>
      send("post", "/users", { body: { name, role, archives: role === "reader" ? chosen.map(Number) : [] } }),
    onSuccess: (made) => onMade(name, made),
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
          required
          withAsterisk={false}
          maxLength={200}
          autoFocus
          autoComplete="off"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Radio.Group label={texts.role} value={role} onChange={(value) => setRole(value as UserRole)}>
          <Stack gap="xs" mt="xs">
            {ROLES.map((one) => (
              <Radio key={one} value={one} label={texts.roles[one]} />
            ))}
          </Stack>
        </Radio.Group>
        {role !== "reader" ? null : archives.length === 0 ? (
          <Text size="sm" c="dimmed">
            {texts.noArchives}
          </Text>
        ) : (
          <Checkbox.Group label={texts.archives} value={[...chosen]} onChange={setChosen}>
            <Stack gap="xs" mt="xs">
              {archives.map((one) => (
                <Checkbox key={one.archive} value={String(one.archive)} label={one.name} />
              ))}
            </Stack>
          </Checkbox.Group>
        )}
        <Failing error={making.error} />
        <Group>
          <Button type="submit" loading={making.isPending}>
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
