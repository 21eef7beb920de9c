// Signing in by name and password, or at a provider where there is one. What was wrong is said as the server says it: it tells nobody whether a name exists.
import { Button, Code, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { send } from "../../api/client.ts";
import { CHANGES_NOTHING, changeMe } from "../../api/queries.ts";
import { Failing } from "../../parts/failing.tsx";
import { signIn } from "../../texts/shell.ts";
import { Panel } from "./panel.tsx";
import { ProviderButton } from "./provider-button.tsx";

export function SignInScreen() {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const entering = useMutation({
    mutationFn: () => send("post", "/sign-in", { body: { name, password } }),
    meta: CHANGES_NOTHING,
    onSuccess: (me) => changeMe(client, me),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    entering.mutate();
  };
  return (
    <Panel title={signIn.title} lead={signIn.lead}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <Failing error={entering.error} />
          <TextInput
            label={signIn.name}
            name="username"
            autoComplete="username"
            autoFocus
            required
            withAsterisk={false}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <PasswordInput
            label={signIn.password}
            name="password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Button type="submit" loading={entering.isPending} fullWidth>
            {signIn.submit}
          </Button>
        </Stack>
      </form>
      <ProviderButton />
      <Text size="xs" c="dimmed">
        {signIn.forgotten} <Code>{signIn.forgottenCommand}</Code>
        <Text component="span" display="block" inherit mt="xs">
          {signIn.forgottenName}
        </Text>
      </Text>
    </Panel>
  );
}
