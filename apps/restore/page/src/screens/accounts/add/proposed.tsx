// What an address comes to, to be looked at before anything is sent there: the server and how it was found, the provider, the way in.
import { Anchor, Paper, Table, Text } from "@mantine/core";
import { adding } from "../../../texts/accounts.ts";
import type { Proposal } from "./adding.ts";

const { address: words } = adding;

export function Proposed({ proposal }: { readonly proposal: Proposal }) {
  const { host, port, security, found, profile, way, page } = proposal;
  const isKnown = profile.name !== "unknown";
  return (
    <Paper withBorder role="status">
      <Table variant="vertical" layout="auto" verticalSpacing="sm">
        <Table.Tbody>
          <Table.Tr>
            <Table.Th scope="row" w={120}>
              {words.server}
            </Table.Th>
            <Table.Td>
              <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                {host}:{port}, {security === "none" ? words.cleartext : words.tls}
              </Text>
              <Text size="sm" c="dimmed">
                {words.found[found]}
              </Text>
            </Table.Td>
          </Table.Tr>
          <Table.Tr>
            <Table.Th scope="row">{words.provider}</Table.Th>
            <Table.Td>
              <Text size="sm">{isKnown ? profile.name : words.unknown}</Text>
              {isKnown && !profile.tested ? (
                <Text size="sm" c="dimmed">
                  {words.untested}
                </Text>
              ) : null}
            </Table.Td>
          </Table.Tr>
          <Table.Tr>
            <Table.Th scope="row">{adding.steps.entrance}</Table.Th>
            <Table.Td>
              <Text size="sm">{words.ways[way]}</Text>
              {page === null ? null : (
                <Anchor href={page} target="_blank" rel="noreferrer noopener" size="sm">
                  {new URL(page).hostname}
                </Anchor>
              )}
            </Table.Td>
          </Table.Tr>
        </Table.Tbody>
      </Table>
    </Paper>
  );
}
