// The time line over the mail: in a narrow window it is opened when it is wanted. Whoever is in the past is told so, with the ways out.
import { Alert, Anchor, Button, Group, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { dateTime } from "../../texts/formats.ts";
import { mail } from "../../texts/mail.ts";
import { timeLine } from "../../texts/time-line.ts";
import { TimeLine } from "../timeline/time-line.tsx";
import styles from "./mail.module.css";

/** On the colour of a note the accent would be too pale to read. */
const WAY_OUT = { size: "sm", c: "var(--mantine-color-text)", underline: "always" } as const;

interface Props {
  readonly archive: number;
  /** What is shown; null: now. */
  readonly past: { readonly revision: number; readonly time: string | null } | null;
  /** What can be done with what is shown. */
  readonly action: ReactNode;
  readonly onMove: (at: number | null) => void;
}

export function TimeStrip({ archive, past, action, onMove }: Props) {
  const isWide = useMediaQuery("(min-width: 48em)") ?? true;
  const [isWanted, setWanted] = useState(false);
  return (
    <div className={styles.time}>
      {isWide || isWanted ? <TimeLine archive={archive} at={past?.revision ?? null} onMove={onMove} /> : null}
      <Button
        hiddenFrom="sm"
        variant="subtle"
        size="compact-sm"
        aria-expanded={isWanted}
        onClick={() => setWanted(!isWanted)}
      >
        {isWanted ? timeLine.hide : timeLine.show}
      </Button>
      {past === null ? (
        <Group justify="flex-end">{action}</Group>
      ) : (
        <PastNote archive={archive} past={past} action={action} onNow={() => onMove(null)} />
      )}
    </div>
  );
}

interface NoteProps {
  readonly archive: number;
  readonly past: { readonly revision: number; readonly time: string | null };
  readonly action: ReactNode;
  readonly onNow: () => void;
}

/** Says that what is shown is the past, and leads back. */
function PastNote({ archive, past: { revision, time }, action, onNow }: NoteProps) {
  return (
    <Alert color="yellow" variant="light" p="xs" mt="xs" role="status">
      <Group justify="space-between" gap="xs">
        <Text size="sm" fw={600}>
          {time === null ? mail.pastEmpty : mail.past(dateTime(time))}
        </Text>
        <Group gap="lg">
          <Anchor
            {...WAY_OUT}
            renderRoot={(props) => <Link {...props} to="/compare" search={{ archive, from: revision }} />}
          >
            {timeLine.compareWithNow}
          </Anchor>
          <Anchor component="button" type="button" {...WAY_OUT} onClick={onNow}>
            {mail.now}
          </Anchor>
          {action}
        </Group>
      </Group>
    </Alert>
  );
}
