// One account: whether it is well, when it last was, what the archive holds of it, and the one thing to do.
import { Button, Group, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { ToneSign } from "../../parts/tone.tsx";
import { ToneBadge } from "../../parts/tone-badge.tsx";
import { ago, dateTime } from "../../texts/formats.ts";
import { safe } from "../../texts/safe.ts";
import { GoneLinks } from "../runs/gone-links.tsx";
import { OneSide } from "./one-side.tsx";
import { type Link, standingOf } from "./standing.ts";
import { StepButton } from "./step-button.tsx";

interface LinkCardProps {
  readonly link: Link;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly mayChange: boolean;
  readonly isAsked: boolean;
  readonly onRun: () => void;
}

export function LinkCard({ link, now, mayChange, isAsked, onRun }: LinkCardProps) {
  const standing = standingOf(link, now);
  const isRunning = link.lastRun?.outcome === "running";
  return (
    <Paper component="article" withBorder p="lg" aria-label={link.account}>
      <Stack gap="md">
        <Group justify="space-between" align="flex-start" wrap="nowrap">
          <Group gap="sm" wrap="nowrap" align="flex-start" miw={0}>
            <ToneSign tone={standing.tone} size={32} />
            <Stack gap={0} miw={0}>
              <Title order={3} size="h4" style={{ overflowWrap: "anywhere" }}>
                {link.account}
              </Title>
              {link.archive === link.account ? null : (
                <Text size="sm" c="dimmed">
                  {link.pulls ? safe.into(link.archive) : safe.from(link.archive)}
                </Text>
              )}
            </Stack>
          </Group>
          <ToneBadge tone={standing.tone}>{standing.badge}</ToneBadge>
        </Group>
        <SimpleGrid component="dl" cols={{ base: 1, xs: 3 }} spacing="md" m={0}>
          <Fact name={safe.lastGood} title={link.lastGood === null ? undefined : dateTime(link.lastGood)}>
            {link.lastGood === null ? safe.never : ago(link.lastGood, now)}
          </Fact>
          <Fact name={safe.inArchive}>{safe.holds(link.messages, link.bytes)}</Fact>
          <Fact name={safe.next} title={link.nextRun === null ? undefined : dateTime(link.nextRun)}>
            {link.nextRun === null ? safe.noSchedule : ago(link.nextRun, now)}
          </Fact>
        </SimpleGrid>
        {standing.reasons.map((reason) => (
          <Text key={reason} maw={720}>
            {reason}
          </Text>
        ))}
        {link.losses.map((loss) => (
          <Stack key={loss.run} gap={4}>
            <Text maw={720}>{safe.gone(loss.messages, loss.started === null ? "" : dateTime(loss.started))}</Text>
            <GoneLinks archive={link.archiveId} before={loss.before} after={loss.after} />
          </Stack>
        ))}
        <OneSide link={link} mayChange={mayChange} />
        <Group gap="sm">
          {standing.step === null ? null : <StepButton step={standing.step} mayChange={mayChange} onRun={onRun} />}
          {mayChange && standing.step?.kind !== "run" ? (
            <Button variant="default" onClick={onRun} disabled={isAsked || isRunning}>
              {isRunning ? safe.running : safe.runNow}
            </Button>
          ) : null}
          {isAsked ? (
            <Text size="sm" c="dimmed" role="status">
              {safe.asked}
            </Text>
          ) : null}
        </Group>
      </Stack>
    </Paper>
  );
}

function Fact({
  name,
  title,
  children,
}: {
  readonly name: string;
  readonly title?: string | undefined;
  readonly children: string;
}) {
  return (
    <div>
      <Text component="dt" size="sm" c="dimmed">
        {name}
      </Text>
      <Text component="dd" m={0} fw={500} title={title}>
        {children}
      </Text>
    </div>
  );
}
