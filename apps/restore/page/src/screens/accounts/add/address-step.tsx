// The first step: an address, and what it comes to. Nothing is sent to the server that is proposed before the person has seen it.
import { Alert, Button, Group, Stack, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { get } from "../../../api/client.ts";
import { Failing } from "../../../parts/failing.tsx";
import { adding } from "../../../texts/accounts.ts";
import { type Adding, entranceOf } from "./adding.ts";
import { Proposed } from "./proposed.tsx";

const { address: words } = adding;

export function AddressStep({ text, onNext }: { readonly text: string; readonly onNext: (next: Adding) => void }) {
  const [address, setAddress] = useState(text);
  const [isServer, setServer] = useState(false);
  const asking = useMutation({ mutationFn: () => get("/accounts/proposal", { query: { text: address } }) });
  const proposal = asking.data;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (proposal === undefined) asking.mutate();
        else onNext(entranceOf(proposal));
      }}
    >
      <Stack gap="lg">
        <TextInput
          label={isServer ? words.server : words.label}
          description={isServer ? words.serverHint : words.hint}
          value={address}
          onChange={(event) => {
            setAddress(event.currentTarget.value);
            asking.reset();
          }}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          data-autofocus
          required
          withAsterisk={false}
        />
        <Failing error={asking.error} />
        {proposal === undefined ? null : <Proposed proposal={proposal} />}
        {proposal?.known == null ? null : (
          <Alert variant="light" color="gray">
            {words.known}
          </Alert>
        )}
        <Group>
          <Button type="submit" loading={asking.isPending}>
            {words.submit}
          </Button>
          {proposal === undefined ? null : (
            <Button
              variant="default"
              onClick={() => {
                setServer(true);
                setAddress(proposal.address);
                asking.reset();
              }}
            >
              {words.change}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}
