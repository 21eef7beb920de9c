// What a search finds, beside it the message that is open; and what is wrong with the query, if it is not understood.
import { Center, Stack, Text } from "@mantine/core";
import type { RefObject } from "react";
import { mail, search } from "../../texts/mail.ts";
import { useFoundRows } from "./found-rows.ts";
import styles from "./mail.module.css";
import { Messages } from "./messages.tsx";

interface Props {
  readonly archive: number;
  readonly q: string;
  readonly removed: boolean;
  readonly revision: number;
  readonly fieldRef: RefObject<HTMLInputElement | null>;
  readonly onBack: () => void;
}

export function FoundMessages({ archive, q, removed, revision, fieldRef, onBack }: Props) {
  const source = useFoundRows({ archive, q, removed, revision });
  const { count, isWhole, notIndexed } = source;
  return (
    <Messages
      archive={archive}
      revision={revision}
      source={source}
      label={mail.found}
      isOwn={false}
      withRemoved={removed}
      note={
        <Stack gap={2} px="md" py={8} role="status" className={styles.note}>
          {count === null || count === 0 ? null : (
            <Text size="xs" c="dimmed">
              {search.count(count, !isWhole)}
            </Text>
          )}
          {notIndexed === 0 ? null : <Text size="xs">{search.notIndexed(notIndexed)}</Text>}
        </Stack>
      }
      empty={
        <Center p="xl">
          <Stack gap={4} align="center">
            <Text>{search.nothing}</Text>
            <Text size="sm" c="dimmed" ta="center">
              {search.nothingHint}
            </Text>
          </Stack>
        </Center>
      }
      fieldRef={fieldRef}
      onBack={onBack}
    />
  );
}
