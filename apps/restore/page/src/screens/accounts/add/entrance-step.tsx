// The second step: a password that is tried once and then kept, or a sign-in at the provider. The password lives in its field alone.
import { Alert, Anchor, Button, PasswordInput, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { send } from "../../../api/client.ts";
import { Failing } from "../../../parts/failing.tsx";
import { adding } from "../../../texts/accounts.ts";
import type { Adding, Proposal } from "./adding.ts";
import { ProviderEntrance } from "./provider-entrance.tsx";

const { entrance: words } = adding;

interface EntranceProps {
  readonly proposal: Proposal;
  readonly onNext: (next: Adding) => void;
}

export function EntranceStep({ proposal, first, onNext }: EntranceProps & { readonly first: "password" | "oauth" }) {
  const [way, setWay] = useState(first);
  const isOther = way === "oauth";
  return (
    <Stack gap="lg">
      <Text c="dimmed" style={{ overflowWrap: "anywhere" }}>
        {proposal.address}
      </Text>
      {isOther ? (
        <ProviderEntrance proposal={proposal} onNext={onNext} />
      ) : (
        <Password proposal={proposal} onNext={onNext} />
      )}
      <Button variant="subtle" w="fit-content" px={0} onClick={() => setWay(isOther ? "password" : "oauth")}>
        {isOther ? words.byPassword : words.byProvider}
      </Button>
    </Stack>
  );
}

function Password({ proposal, onNext }: EntranceProps) {
  const [password, setPassword] = useState("");
  const keeping = useMutation({
    mutationFn: () => send("post", "/accounts", { body: { address: proposal.address, password } }),
    onSuccess: (tried) => {
      if (tried.outcome === "signedIn" && tried.account !== null)
        onNext({ step: "mailboxes", account: tried.account, facts: tried.facts });
    },
  });
  const isApp = proposal.way === "appPassword";
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        keeping.mutate();
      }}
    >
      <Stack>
        {isApp && proposal.page !== null ? (
          <Text>
            {words.appHint}{" "}
            <Anchor href={proposal.page} target="_blank" rel="noreferrer noopener">
              {new URL(proposal.page).hostname}
            </Anchor>
          </Text>
        ) : null}
        <PasswordInput
          label={isApp ? words.appPassword : words.password}
          description={words.hint}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
          required
          withAsterisk={false}
        />
        {keeping.data?.outcome === "refused" ? (
          <Alert color="red" variant="light" role="alert">
            {keeping.data.detail}
          </Alert>
        ) : null}
        <Failing error={keeping.error} />
        <Button type="submit" loading={keeping.isPending} w="fit-content">
          {words.submit}
        </Button>
      </Stack>
    </form>
  );
}
