// The first screen: is my mail safe? The answer, then each account. It asks anew by itself, often while something runs, so what is shown is what is.

import { Container, Loader, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { asking, asksMe } from "../../api/queries.ts";
import { ButtonLink } from "../../parts/button-link.tsx";
import { Failing } from "../../parts/failing.tsx";
import { useRunNow } from "../../parts/run-now.ts";
import { FailureNote } from "../../shell/failure.tsx";
import { safe } from "../../texts/safe.ts";
import { shell } from "../../texts/shell.ts";
import { LinkCard } from "./link-card.tsx";
import { begun, inOrder, paceOf, verdictOf } from "./standing.ts";
import { VerdictBlock } from "./verdict.tsx";

export function SafeScreen() {
  const { data: me } = useQuery(asksMe);
  const { ask, isAsked, error: refusal } = useRunNow();
  const { data, error, refetch, dataUpdatedAt } = useQuery({
    ...asking("/status", {}),
    refetchInterval: ({ state }) => paceOf(state.data?.links, state.data?.links.some(isAsked) === true),
  });
  const mayChange = me?.user.role === "admin";
  const links = data?.links.map((link) => begun(link, isAsked(link)));
  return (
    <Container size="md" py="xl">
      <title>{shell.titled(safe.title)}</title>
      <Stack gap="xl">
        <Title order={1} size="sm" c="dimmed" fw={500}>
          {safe.title}
        </Title>
        {links === undefined && error === null ? <Loader aria-label={shell.loading} /> : null}
        {error === null ? null : <FailureNote error={error} again={() => refetch()} />}
        {links === undefined ? null : <VerdictBlock verdict={verdictOf(links, mayChange)} />}
        {links?.length === 0 && mayChange ? (
          <ButtonLink to="/accounts/add" size="md" w="fit-content">
            {safe.add}
          </ButtonLink>
        ) : null}
        <Failing error={refusal} />
        <Stack gap="md">
          {inOrder(links ?? []).map((link) => (
            <LinkCard
              key={link.link}
              link={link}
              now={dataUpdatedAt}
              mayChange={mayChange}
              isAsked={isAsked(link)}
              onRun={() => void ask(link).catch(() => undefined)}
            />
          ))}
        </Stack>
        {links === undefined || links.length === 0 ? null : (
          <Text size="sm" c="dimmed" maw={720}>
            {safe.archive}
          </Text>
        )}
      </Stack>
    </Container>
  );
}
