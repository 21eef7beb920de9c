// What is selected of a list, in words, and what can be done with it. It stands below the list, so that no row moves under the hand that selects.
import { Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { asksMe } from "../../api/queries.ts";
import { Failing } from "../../parts/failing.tsx";
import { selecting } from "../../texts/mail.ts";
import { RestoreDialog, type Where } from "../restore/restore-dialog.tsx";
import { useSelecting } from "./selecting.tsx";
import { countOf, isNothing, MOST_SELECTED, type Selection } from "./selection.ts";
import styles from "./selection-bar.module.css";
import type { ChoosingRows } from "./use-choosing.ts";

interface Props {
  readonly choosing: Pick<ChoosingRows, "isReading" | "error">;
  /** Of the whole list, as far as it is known. */
  readonly count: number;
  /** The list shows also what was removed by then. */
  readonly withRemoved: boolean;
  readonly onAll: () => void;
  readonly onClear: () => void;
}

export function SelectionBar({ choosing, count, withRemoved, onAll, onClear }: Props) {
  const { shown, selection } = useSelecting();
  const { data: me } = useQuery(asksMe);
  const [opened, setOpened] = useState<{ readonly where?: Where } | null>(null);
  const { isReading, error } = choosing;
  const isSelected = !isNothing(selection);
  const words = isReading ? selecting.reading : wordsOf(selection, shown?.mailbox, count);
  const notes = notesOf(selection, withRemoved);
  const isShown = isSelected || isReading || error !== null || notes.length > 0;
  return (
    <>
      <span className={styles.said} role="status">
        {isShown ? [words, ...notes].join(" ") : ""}
      </span>
      {isShown ? (
        <section className={styles.bar} aria-label={selecting.label}>
          <Group justify="space-between" gap="xs" wrap="nowrap">
            <Text size="sm" fw={600} className={styles.words}>
              {words}
            </Text>
            <Group gap={0} wrap="nowrap">
              {selection.kind === "all" ? null : (
                <Button variant="subtle" size="compact-sm" onClick={onAll}>
                  {selecting.all}
                </Button>
              )}
              <Button variant="subtle" color="gray" size="compact-sm" onClick={onClear}>
                {selecting.clear}
              </Button>
            </Group>
          </Group>
          {notes.map((note) => (
            <Text key={note} size="xs" c="dimmed">
              {note}
            </Text>
          ))}
          <Failing error={error} />
          {isSelected ? (
            <Group gap="xs">
              {me?.user.role === "admin" ? (
                <Button size="sm" disabled={isReading} onClick={() => setOpened({})}>
                  {selecting.restore}
                </Button>
              ) : null}
              <Button variant="default" size="sm" disabled={isReading} onClick={() => setOpened({ where: "download" })}>
                {selecting.download}
              </Button>
            </Group>
          ) : null}
        </section>
      ) : null}
      {opened === null || shown === null ? null : (
        <RestoreDialog shown={shown} {...opened} onClose={() => setOpened(null)} />
      )}
    </>
  );
}

function wordsOf(selection: Selection, mailbox: readonly string[] | undefined, count: number): string {
  const chosen = countOf(selection);
  if (chosen === 0) return selecting.none;
  if (chosen !== null) return selecting.count(chosen);
  return mailbox === undefined ? selecting.found : selecting.mailbox(mailbox.at(-1) ?? "", count);
}

function notesOf(selection: Selection, withRemoved: boolean): readonly string[] {
  const { note } = selection;
  const { notes, withoutRemoved } = selecting;
  return [
    ...(selection.kind === "all" && withRemoved ? [withoutRemoved] : []),
    ...(note === null ? [] : [note === "full" ? notes.full(MOST_SELECTED) : notes[note]]),
  ];
}
