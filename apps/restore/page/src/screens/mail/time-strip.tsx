// The time line over the mail: in a narrow window it is opened when it is wanted. Whoever is in the past is told so, with the ways out.
import { Anchor, Box, Button, Group } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { mail } from "../../texts/mail.ts";
import { timeLine } from "../../texts/time-line.ts";
import { useMoments } from "../timeline/moments.ts";
import { TimeLine } from "../timeline/time-line.tsx";
import styles from "./mail.module.css";
import { PastNote, WAY_OUT } from "./past-note.tsx";

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
  const momentWords = useMoments(archive, [past?.time ?? null], past !== null);
  const [isWanted, setWanted] = useState(false);
  return (
    <div className={styles.time}>
      {isWide || isWanted ? (
        <TimeLine
          archive={archive}
          at={past?.revision ?? null}
          onMove={onMove}
          before={
            <Button
              variant="subtle"
              size="compact-sm"
              aria-expanded
              aria-label={timeLine.hide}
              onClick={() => setWanted(false)}
            >
              {timeLine.hideShort}
            </Button>
          }
        />
      ) : (
        <Button variant="subtle" size="compact-sm" aria-expanded={false} onClick={() => setWanted(true)}>
          {timeLine.show}
        </Button>
      )}
      {past === null ? (
        <Group justify="flex-end" mt="xs">
          {action}
        </Group>
      ) : (
        <Box mt="xs">
          <PastNote text={past.time === null ? mail.pastEmpty : mail.past(momentWords(past.time))}>
            <Anchor
              {...WAY_OUT}
              renderRoot={(props) => <Link {...props} to="/compare" search={{ archive, from: past.revision }} />}
            >
              {timeLine.compareWithNow}
            </Anchor>
            <Anchor component="button" type="button" {...WAY_OUT} onClick={() => onMove(null)}>
              {mail.now}
            </Anchor>
            {action}
          </PastNote>
        </Box>
      )}
    </div>
  );
}
