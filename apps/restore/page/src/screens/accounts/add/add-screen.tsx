// Adding an account step by step: its address, the way in, its mailboxes, its times. Whoever leaves in between finds the account in the list and goes on
// from there.
import { Container, Loader, Stack, Stepper, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { get, send } from "../../../api/client.ts";
import { Problem } from "../../../api/problem.ts";
import { Failing } from "../../../parts/failing.tsx";
import { adding as words } from "../../../texts/accounts.ts";
import { shell } from "../../../texts/shell.ts";
import styles from "./add-screen.module.css";
import { type Adding, STEPS } from "./adding.ts";
import { AddressStep } from "./address-step.tsx";
import { DoneStep } from "./done-step.tsx";
import { EntranceStep } from "./entrance-step.tsx";
import { MailboxesStep } from "./mailboxes-step.tsx";
import { ScheduleStep } from "./schedule-step.tsx";

interface From {
  /** One that was added, and fills no archive yet. */
  readonly account?: number;
  /** The address of one that is to be signed in to at its provider. */
  readonly signIn?: string;
}

export function AddScreen() {
  const from = useSearch({ strict: false }) as From;
  const [adding, setAdding] = useState<Adding | null>(null);
  const { data: begun, error } = useQuery({
    queryKey: ["adding", from],
    queryFn: () => beginning(from),
    retry: false,
    staleTime: "static",
    gcTime: 0,
  });
  const now = adding ?? begun;
  return (
    <Container size="sm" py="xl">
      <title>{shell.titled(words.title)}</title>
      <Stack gap="xl">
        <Title order={1} size="h2">
          {words.title}
        </Title>
        <Failing error={error} />
        {now === undefined ? null : <Progress at={STEPS.indexOf(now.step)} />}
        {now === undefined && error === null ? <Loader aria-label={shell.loading} /> : null}
        {now === undefined ? null : <Step adding={now} onNext={setAdding} />}
      </Stack>
    </Container>
  );
}

/** Where one is; nobody goes back by it, because what was done is done. */
function Progress({ at }: { readonly at: number }) {
  return (
    <Stepper active={at} size="sm" wrap={false} allowNextStepsSelect={false} classNames={{ stepBody: styles.words }}>
      {STEPS.slice(0, -1).map((step) => (
        <Stepper.Step key={step} label={words.steps[step]} allowStepSelect={false} />
      ))}
    </Stepper>
  );
}

function Step({ adding, onNext }: { readonly adding: Adding; readonly onNext: (next: Adding) => void }) {
  switch (adding.step) {
    case "address":
      return <AddressStep text={adding.text} onNext={onNext} />;
    case "entrance":
      return <EntranceStep proposal={adding.proposal} first={adding.way} onNext={onNext} />;
    case "mailboxes":
      return <MailboxesStep account={adding.account} facts={adding.facts} onNext={onNext} />;
    case "schedule":
      return <ScheduleStep link={adding.link} onNext={onNext} />;
    case "done":
      return <DoneStep by={adding.by} onNext={onNext} />;
  }
}

/** Where it begins: at the address, at the provider of an account, or at the mailboxes of one that is there. */
async function beginning({ account, signIn }: From): Promise<Adding> {
  if (signIn !== undefined) {
    const proposal = await get("/accounts/proposal", { query: { text: signIn } });
    return { step: "entrance", proposal, way: "oauth" };
  }
  if (account === undefined) return { step: "address", text: "" };
  const tried = await send("post", "/accounts/{account}/test", { params: { account } });
  if (tried.outcome === "refused") throw new Problem(200, tried.code, tried.detail);
  return { step: "mailboxes", account, facts: tried.facts };
}
