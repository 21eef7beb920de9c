// A list of messages, those of them that are selected, and the one that is open, moved through by mouse and by keys. Which one is open stands in the
// address.
import { Center, Loader, Stack, Text } from "@mantine/core";
import { useSearch } from "@tanstack/react-router";
import { type ReactNode, type RefObject, useRef, useState } from "react";
import { FailureNote } from "../../shell/failure.tsx";
import { mail } from "../../texts/mail.ts";
import { KeysHelp } from "./keys-help.tsx";
import styles from "./mail.module.css";
import { MessageList } from "./message-list.tsx";
import { ReadingPane } from "./reading-pane.tsx";
import type { RowSource } from "./row-source.ts";
import { SelectionBar } from "./selection-bar.tsx";
import { useMoves } from "./use-moves.ts";

interface Props {
  readonly archive: number;
  readonly revision: number;
  readonly source: RowSource;
  readonly label: string;
  /** What was sent is known by whom it went to. */
  readonly isOwn: boolean;
  /** Where the message stands that the address names, once it is known. */
  readonly start?: number | null;
  /** It shows also what was removed by then. Default: false */
  readonly withRemoved?: boolean;
  readonly note?: ReactNode;
  readonly empty: ReactNode;
  readonly fieldRef: RefObject<HTMLInputElement | null>;
  /** Esc, where no message is open. */
  readonly onBack: () => void;
}

export function Messages({
  archive,
  revision,
  source,
  label,
  isOwn,
  start = null,
  withRemoved = false,
  note,
  empty,
  fieldRef,
  onBack,
}: Props) {
  const { message } = useSearch({ from: "/gate/mail" });
  const { count } = source;
  const list = useRef<HTMLDivElement>(null);
  const pane = useRef<HTMLElement>(null);
  const [isHelp, setHelp] = useState(false);
  const moves = useMoves({
    source,
    start,
    message,
    onSearch: () => fieldRef.current?.focus(),
    onHelp: () => setHelp(true),
    onOpened: () => pane.current?.focus(),
    onClosed: () => list.current?.focus(),
    onBack,
  });
  // What is pressed there goes with it; the keys go on in the list.
  const fromBar = (does: () => void) => (): void => {
    does();
    list.current?.focus();
  };
  return (
    <>
      <section className={styles.messages} aria-label={label}>
        {note}
        {source.error === null ? null : <FailureNote error={source.error} again={source.again} />}
        {count === null && source.error === null ? (
          <Center p="xl">
            <Loader size="sm" aria-label={label} />
          </Center>
        ) : null}
        {count === 0 ? empty : null}
        {count === null || count === 0 ? null : (
          <MessageList
            source={source}
            count={count}
            label={label}
            cursor={moves.cursor}
            open={message}
            selection={moves.selection}
            isOwn={isOwn}
            onClick={moves.click}
            listRef={list}
          />
        )}
        <SelectionBar
          choosing={moves.choosing}
          count={count ?? 0}
          withRemoved={withRemoved}
          onAll={fromBar(moves.does.all)}
          onClear={fromBar(moves.does.clear)}
        />
      </section>
      {message === undefined ? (
        <Nothing />
      ) : (
        <ReadingPane
          archive={archive}
          message={message}
          revision={revision}
          paneRef={pane}
          onClose={moves.does.back}
          onNext={moves.does.next}
          onPrevious={moves.does.previous}
        />
      )}
      <KeysHelp isOpen={isHelp} onClose={() => setHelp(false)} />
    </>
  );
}

function Nothing() {
  return (
    <section className={styles.reading} aria-label={mail.message}>
      <Center h="100%" p="xl">
        <Stack gap={4} align="center">
          <Text c="dimmed">{mail.chooseMessage}</Text>
          <Text size="sm" c="dimmed">
            {mail.chooseHint}
          </Text>
        </Stack>
      </Center>
    </section>
  );
}
