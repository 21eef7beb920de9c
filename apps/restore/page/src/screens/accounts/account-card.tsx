// One account: where it is, how it is signed in to, what keeps it, and what is done with it: its links.

import { Alert, Button, Group, Menu, Paper, Stack, Text, Title } from "@mantine/core";
import { ButtonLink, MenuLink } from "../../parts/button-link.tsx";
import { MoreIcon } from "../../parts/more-icon.tsx";
import { accounts } from "../../texts/accounts.ts";
import { dateTime } from "../../texts/formats.ts";
import { LinkRow } from "./link-row.tsx";
import type { Account, Act, Link } from "./shapes.ts";

interface AccountCardProps {
  readonly account: Account;
  readonly links: readonly Link[];
  readonly onAct: (act: Act) => void;
}

export function AccountCard({ account, links, onAct }: AccountCardProps) {
  const { profile, way, held } = account;
  const provider = profile.name === "unknown" ? accounts.unknownProvider : profile.name;
  return (
    <Paper component="article" withBorder p="lg" aria-label={account.name}>
      <Stack gap="md">
        <Group justify="space-between" align="flex-start" wrap="nowrap">
          <Stack gap={2} miw={0}>
            <Title order={2} size="h4" style={{ overflowWrap: "anywhere" }}>
              {account.name}
            </Title>
            <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
              {[account.address, provider, accounts.ways[way] ?? way].join(" · ")}
            </Text>
          </Stack>
          <Menu position="bottom-end" withinPortal={false} withInitialFocusPlaceholder={false}>
            <Menu.Target>
              <Button variant="subtle" color="gray" px="xs" flex="none" aria-label={accounts.more(account.name)}>
                <MoreIcon />
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => onAct("test")}>{accounts.test}</Menu.Item>
              <Menu.Item onClick={() => onAct("password")}>{accounts.password}</Menu.Item>
              <MenuLink to="/accounts/add" search={{ signIn: account.address }}>
                {accounts.signIn}
              </MenuLink>
              <Menu.Divider />
              <Menu.Item color="red" onClick={() => onAct("remove")}>
                {accounts.remove}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </Group>
        {held === null ? null : <Held held={held} account={account} onAct={onAct} />}
        {links.map((link) => (
          <LinkRow key={link.link} link={link} />
        ))}
        {links.length > 0 ? null : (
          <Group>
            <Text>{accounts.unlinked}</Text>
            <ButtonLink to="/accounts/add" search={{ account: account.account }} variant="light">
              {accounts.choose}
            </ButtonLink>
          </Group>
        )}
      </Stack>
    </Paper>
  );
}

interface HeldProps {
  readonly held: NonNullable<Account["held"]>;
  readonly account: Account;
  readonly onAct: (act: Act) => void;
}

function Held({ held, account, onAct }: HeldProps) {
  if (held.until !== null)
    return (
      <Alert variant="light" color="gray">
        {accounts.held.until(dateTime(held.until))}
      </Alert>
    );
  const isSpent = held.code === "SIGN_IN_EXPIRED";
  const isRefused = held.code === "AUTH_REJECTED" || held.code === "SECRET_UNREADABLE";
  return (
    <Alert variant="light" color="red">
      <Stack gap="sm" align="flex-start">
        <Text size="sm">
          {isSpent ? accounts.held.spent : isRefused ? accounts.held.refused : accounts.held.other(held.detail)}
        </Text>
        {isSpent ? (
          <ButtonLink to="/accounts/add" search={{ signIn: account.address }}>
            {accounts.signIn}
          </ButtonLink>
        ) : (
          <Button onClick={() => onAct("password")}>{accounts.password}</Button>
        )}
      </Stack>
    </Alert>
  );
}
