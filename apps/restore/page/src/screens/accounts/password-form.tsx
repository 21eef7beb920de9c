// A password that is tried at the server once and then kept. It lives in its field alone, and goes with the form.
import { Button, Group, PasswordInput, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { Answer } from "../../api/shapes.ts";
import { Failing, Refused } from "../../parts/failing.tsx";
import { adding } from "../../texts/accounts.ts";

type Tried = Answer<"post", "/accounts">;
export type Taken = Extract<Tried, { readonly outcome: "signedIn" }>;

interface PasswordFormProps {
  readonly label: string;
  readonly submit: string;
  /** Sends it. Throws Problem. */
  readonly send: (password: string) => Promise<Tried>;
  /** The server took it, and it is kept. */
  readonly onTaken: (taken: Taken) => unknown;
  /** Another button before the one that sends it. */
  readonly beside?: ReactNode;
}

export function PasswordForm({ label, submit, send, onTaken, beside }: PasswordFormProps) {
  const [password, setPassword] = useState("");
  const keeping = useMutation({
    mutationFn: () => send(password),
    onSuccess: (tried) => (tried.outcome === "signedIn" ? onTaken(tried) : undefined),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        keeping.mutate();
      }}
    >
      <Stack>
        <PasswordInput
          label={label}
          description={adding.entrance.hint}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
          required
          withAsterisk={false}
        />
        <Refused tried={keeping.data} />
        <Failing error={keeping.error} />
        <Group justify={beside === undefined ? "flex-start" : "flex-end"}>
          {beside}
          <Button type="submit" loading={keeping.isPending}>
            {submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
