// Waiting for a person at their provider's page: where it is, the code to type in there, and what became of it.
import { Anchor, Button, Code, Group, Loader, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { get, send } from "../../../api/client.ts";
import { Failing, Refused } from "../../../parts/failing.tsx";
import { adding } from "../../../texts/accounts.ts";
import type { Adding } from "./adding.ts";

const { entrance: words } = adding;
const SIGN_IN = "/account-sign-ins/{signIn}";
const WAIT_MS = 2_000;
/** Longer ones hold nothing for people. */
const SHOWN_ADDRESS = 80;

export interface Begun {
  readonly signIn: string;
  readonly page: string;
  readonly code: string | null;
}

interface ProviderWaitingProps {
  readonly begun: Begun;
  readonly onNext: (next: Adding) => void;
  readonly onOver: () => void;
}

export function ProviderWaiting({ begun, onNext, onOver }: ProviderWaitingProps) {
  const { signIn, page, code } = begun;
  const client = useQueryClient();
  const { data, error } = useQuery({
    queryKey: [SIGN_IN, signIn],
    queryFn: ({ signal }) => get(SIGN_IN, { params: { signIn } }, signal),
    refetchInterval: ({ state }) => (state.data?.outcome === "waiting" || state.data === undefined ? WAIT_MS : false),
  });
  useEffect(() => {
    if (data?.outcome !== "signedIn") return;
    // What changed, changed at the provider's page: no mutation of this one tells of it.
    void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== SIGN_IN });
    onNext({ step: "mailboxes", account: data.account, facts: data.facts });
  }, [data, onNext, client]);
  const ending = useMutation({
    mutationFn: () => send("delete", SIGN_IN, { params: { signIn } }),
    onSettled: onOver,
  });
  const isOver = data?.outcome === "refused" || error !== null;
  return (
    <Stack>
      <Text>
        {words.open}{" "}
        <Anchor
          href={page}
          underline="always"
          target="_blank"
          rel="noreferrer noopener"
          style={{ overflowWrap: "anywhere" }}
        >
          {page.length > SHOWN_ADDRESS ? new URL(page).origin : page}
        </Anchor>
      </Text>
      {code === null ? null : (
        <Text>
          {words.code} <Code fz="lg">{code}</Code>
        </Text>
      )}
      {isOver ? null : (
        <Group role="status">
          <Loader size="sm" aria-hidden />
          <Text c="dimmed">{words.waiting}</Text>
        </Group>
      )}
      <Refused tried={data} />
      <Failing error={error} />
      <Button variant="default" w="fit-content" onClick={() => (isOver ? onOver() : ending.mutate())}>
        {words.cancel}
      </Button>
    </Stack>
  );
}
