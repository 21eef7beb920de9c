// The second step: a password that is tried once and then kept, or a sign-in at the provider.
import { Anchor, Button, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { send } from "../../../api/client.ts";
import { adding } from "../../../texts/accounts.ts";
import { PasswordForm } from "../password-form.tsx";
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
  const isApp = proposal.way === "appPassword";
  return (
    <>
      {isApp && proposal.page !== null ? (
        <Text>
          {words.appHint}{" "}
          <Anchor href={proposal.page} underline="always" target="_blank" rel="noreferrer noopener">
            {new URL(proposal.page).hostname}
          </Anchor>
        </Text>
      ) : null}
      <PasswordForm
        label={isApp ? words.appPassword : words.password}
        submit={words.submit}
        send={(password) => send("post", "/accounts", { body: { address: proposal.address, password } })}
        onTaken={({ account, facts }) => {
          if (account !== null) onNext({ step: "mailboxes", account, facts });
        }}
      />
    </>
  );
}
