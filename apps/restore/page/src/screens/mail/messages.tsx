// A list of messages and the one that is open, moved through by mouse and by keys. Which one is open stands in the address.
import { Center, Loader, Stack, Text } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type ReactNode, type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { FailureNote } from "../../shell/failure.tsx";
import { mail } from "../../texts/mail.ts";
import { withMessage } from "./address.ts";
import type { Move } from "./keys.ts";
import { KeysHelp } from "./keys-help.tsx";
import styles from "./mail.module.css";
import { MessageList } from "./message-list.tsx";
import { ReadingPane } from "./reading-pane.tsx";
import type { RowSource } from "./row-source.ts";
import { useMailKeys } from "./use-mail-keys.ts";

interface Props {
  readonly archive: number;
  readonly revision: number;
  readonly source: RowSource;
  readonly label: string;
  /** What was sent is known by whom it went to. */
  readonly isOwn: boolean;
  /** Where the message stands that the address names, once it is known. */
  readonly start?: number | null;
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
  const { cursor, setCursor, open, close } = useCursor(source, start);
  const openRow = useCallback((index: number) => open(index, false), [open]);
  const go = (index: number): void => {
    if (count === null || index < 0 || index >= count) return;
    setCursor(index);
    if (message !== undefined) open(index, true);
  };
  const onMove = (move: Move): void => {
    if (move === "next") go(cursor + 1);
    else if (move === "previous") go(cursor - 1);
    else if (move === "search") fieldRef.current?.focus();
    else if (move === "help") setHelp(true);
    else if (move === "open") {
      open(Math.max(0, cursor), false);
      pane.current?.focus();
    } else if (message !== undefined) {
      close();
      list.current?.focus();
    } else onBack();
  };
  useMailKeys(onMove);
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
            cursor={cursor}
            open={message}
            isOwn={isOwn}
            onOpen={openRow}
            listRef={list}
          />
        )}
      </section>
      {message === undefined ? (
        <Nothing />
      ) : (
        <ReadingPane
          archive={archive}
          message={message}
          revision={revision}
          paneRef={pane}
          onClose={() => onMove("back")}
          onNext={() => go(cursor + 1)}
          onPrevious={() => go(cursor - 1)}
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

/** The row that keys start from, and what opens and closes its message. */
function useCursor({ row }: RowSource, start: number | null) {
  const navigate = useNavigate({ from: "/mail" });
  const [cursor, setCursor] = useState(-1);
  useEffect(() => {
    if (start !== null) setCursor((before) => (before === -1 ? start : before));
  }, [start]);
  const open = useCallback(
    (index: number, replace: boolean) => {
      const found = row(index);
      if (found === undefined) return;
      setCursor(index);
      void navigate({ search: (before) => withMessage(before, found.message), replace });
    },
    [row, navigate],
  );
  const close = useCallback(() => void navigate({ search: (before) => withMessage(before, undefined) }), [navigate]);
  return { cursor, setCursor, open, close };
}
