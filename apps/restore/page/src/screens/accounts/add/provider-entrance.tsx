// A sign-in at the provider: what it is asked with, then the page that the person opens, and waiting for them.
import { Button, PasswordInput, Select, Stack, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { send } from "../../../api/client.ts";
import { Failing, Refused } from "../../../parts/failing.tsx";
import { adding } from "../../../texts/accounts.ts";
import { type Adding, type Proposal, providerOf } from "./adding.ts";
import { type Begun, ProviderWaiting } from "./provider-waiting.tsx";

const { entrance: words } = adding;

interface ProviderEntranceProps {
  readonly proposal: Proposal;
  readonly onNext: (next: Adding) => void;
}

export function ProviderEntrance({ proposal, onNext }: ProviderEntranceProps) {
  const [begun, setBegun] = useState<Begun | null>(null);
  if (begun !== null) return <ProviderWaiting begun={begun} onNext={onNext} onOver={() => setBegun(null)} />;
  return <Wanted proposal={proposal} onBegun={setBegun} />;
}

function Wanted({ proposal, onBegun }: { readonly proposal: Proposal; readonly onBegun: (begun: Begun) => void }) {
  const [provider, setProvider] = useState(providerOf(proposal));
  const [issuer, setIssuer] = useState("");
  const [clientId, setClientId] = useState("");
  const [clientSecret, setClientSecret] = useState("");
  const beginning = useMutation({
    mutationFn: () =>
      send("post", "/account-sign-ins", {
        body: {
          address: proposal.address,
          ...(provider === "other" ? (issuer === "" ? {} : { issuer }) : { provider }),
          ...(clientId === "" ? {} : { clientId }),
          ...(clientSecret === "" ? {} : { clientSecret }),
        },
      }),
    onSuccess: (answer) => {
      if (answer.outcome === "waiting") onBegun(answer);
    },
  });
  return (
    <form
      onChange={() => beginning.reset()}
      onSubmit={(event) => {
        event.preventDefault();
        beginning.mutate();
      }}
    >
      <Stack>
        <Select
          label={words.provider}
          data={(["google", "microsoft", "other"] as const).map((value) => ({ value, label: words.providers[value] }))}
          value={provider}
          onChange={(value) => setProvider(value as typeof provider)}
          allowDeselect={false}
        />
        {provider === "other" ? (
          <TextInput label={words.issuer} value={issuer} onChange={(event) => setIssuer(event.currentTarget.value)} />
        ) : null}
        <TextInput
          label={words.clientId}
          description={words.clientIdHint}
          value={clientId}
          onChange={(event) => setClientId(event.currentTarget.value)}
          autoComplete="off"
        />
        <PasswordInput
          label={words.clientSecret}
          value={clientSecret}
          onChange={(event) => setClientSecret(event.currentTarget.value)}
          autoComplete="off"
        />
        <Refused tried={beginning.data} />
        <Failing error={beginning.error} />
        <Button type="submit" loading={beginning.isPending} w="fit-content">
          {words.begin}
        </Button>
      </Stack>
    </form>
  );
}
