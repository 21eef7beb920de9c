// The message that is open, with the way to the next one, back, and to its source.
import { ActionIcon, Button, Group } from "@mantine/core";
import { type Ref, useState } from "react";
import { BackIcon, CloseIcon, DownIcon, UpIcon } from "../../parts/icons.tsx";
import { mail } from "../../texts/mail.ts";
import styles from "./mail.module.css";
import { MessageView } from "./message-view/message-view.tsx";
import { SourceDialog } from "./source-dialog.tsx";

interface Props {
  readonly archive: number;
  readonly message: number;
  readonly revision: number;
  readonly paneRef: Ref<HTMLElement>;
  readonly onClose: () => void;
  readonly onNext: () => void;
  readonly onPrevious: () => void;
}

export function ReadingPane({ archive, message, revision, paneRef, onClose, onNext, onPrevious }: Props) {
  const [isSource, setSource] = useState(false);
  return (
    <section className={styles.reading} ref={paneRef} tabIndex={-1} aria-label={mail.message}>
      <Group className={styles.readingBar} justify="space-between" wrap="nowrap">
        <Group gap={4} wrap="nowrap">
          <Button hiddenFrom="sm" variant="subtle" size="compact-sm" leftSection={<BackIcon />} onClick={onClose}>
            {mail.back}
          </Button>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={mail.previous}
            title={mail.previous}
            onClick={onPrevious}
          >
            <UpIcon />
          </ActionIcon>
          <ActionIcon variant="subtle" color="gray" aria-label={mail.next} title={mail.next} onClick={onNext}>
            <DownIcon />
          </ActionIcon>
        </Group>
        <Group gap={4} wrap="nowrap">
          <Button variant="subtle" color="gray" size="compact-sm" onClick={() => setSource(true)}>
            {mail.source}
          </Button>
          <ActionIcon
            visibleFrom="sm"
            variant="subtle"
            color="gray"
            aria-label={mail.close}
            title={mail.close}
            onClick={onClose}
          >
            <CloseIcon />
          </ActionIcon>
        </Group>
      </Group>
      <MessageView archive={archive} message={message} at={revision} />
      {isSource ? <SourceDialog archive={archive} message={message} onClose={() => setSource(false)} /> : null}
    </section>
  );
}
