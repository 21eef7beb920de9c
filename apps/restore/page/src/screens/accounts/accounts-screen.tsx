// The accounts at mail servers, for administrators: what each is, what is done with it, and what can be changed. The first screen leads here with
// the account that is to be mended.

import { Container, Group, Loader, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { asking, asksMe } from "../../api/queries.ts";
import { ButtonLink } from "../../parts/button-link.tsx";
import { FailureNote } from "../../shell/failure.tsx";
import { accounts as words } from "../../texts/accounts.ts";
import { shell } from "../../texts/shell.ts";
import { AccountCard } from "./account-card.tsx";
import { PasswordDialog, RemoveDialog, TestDialog } from "./account-dialogs.tsx";
import type { Account, Act } from "./shapes.ts";

export function AccountsScreen() {
  const { data: me } = useQuery(asksMe);
  const isAdmin = me?.user.role === "admin";
  return (
    <Container size="md" py="xl">
      <title>{shell.titled(shell.places.accounts)}</title>
      <Stack gap="lg">
        <Group justify="space-between">
          <Title order={1} size="h2">
            {words.title}
          </Title>
          {isAdmin ? <ButtonLink to="/accounts/add">{words.add}</ButtonLink> : null}
        </Group>
        {isAdmin ? <Accounts /> : <Text>{words.onlyAdmins}</Text>}
      </Stack>
    </Container>
  );
}

function Accounts() {
  const { open, way } = useSearch({ strict: false }) as {
    readonly open?: number;
    readonly way?: "password" | "signIn";
  };
  const navigate = useNavigate();
  const [act, setAct] = useState<{ readonly account: number; readonly act: Act } | null>(
    open === undefined || way === "signIn" ? null : { account: open, act: "password" },
  );
  const { data, error, refetch } = useQuery(asking("/accounts", {}));
  const { data: linked } = useQuery(asking("/links", {}));
  const close = (): void => {
    setAct(null);
    if (open !== undefined) void navigate({ to: "/accounts", search: {}, replace: true });
  };
  if (error !== null) return <FailureNote error={error} again={() => refetch()} />;
  if (data === undefined || linked === undefined) return <Loader aria-label={shell.loading} />;
  const acted = data.accounts.find(({ account }) => account === act?.account);
  return (
    <>
      {data.accounts.length === 0 ? (
        <Stack gap={4}>
          <Text fw={500}>{words.none}</Text>
          <Text c="dimmed">{words.noneLead}</Text>
        </Stack>
      ) : null}
      {data.accounts.map((account) => (
        <AccountCard
          key={account.account}
          account={account}
          links={linked.links.filter(({ accountId }) => accountId === account.account)}
          onAct={(what) => setAct({ account: account.account, act: what })}
        />
      ))}
      {acted === undefined || act === null ? null : <ActDialog act={act.act} account={acted} onClose={close} />}
    </>
  );
}

function ActDialog({ act, ...rest }: { readonly act: Act; readonly account: Account; readonly onClose: () => void }) {
  switch (act) {
    case "password":
      return <PasswordDialog {...rest} />;
    case "test":
      return <TestDialog {...rest} />;
    case "remove":
      return <RemoveDialog {...rest} />;
  }
}
