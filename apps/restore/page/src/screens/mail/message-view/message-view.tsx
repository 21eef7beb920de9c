// An opened message: who wrote what to whom and when, its text or its design, and what hangs on it. All of it is of foreign origin: text is shown as
// text, HTML only in its sandbox. It is asked for once: each time it is asked for is put on record.
import { Alert, Loader, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { asking } from "../../../api/queries.ts";
import { FailureNote } from "../../../shell/failure.tsx";
import { messageView } from "../../../texts/message-view.ts";
import { Attachments } from "./attachments.tsx";
import { seenText } from "./links.ts";
import { MessageBody } from "./message-body.tsx";
import styles from "./message-view.module.css";
import type { Opened } from "./opened.ts";
import { People } from "./people.tsx";

export interface MessageViewProps {
  readonly archive: number;
  readonly message: number;
  /** The moment at which it is shown; not given: now. */
  readonly at?: string | number | undefined;
}

/** The message, asked for once; who else shows it takes it from there. */
export const useOpened = ({ archive, message, at }: MessageViewProps) =>
  useQuery({
    ...asking("/archives/{archive}/messages/{message}/view", {
      params: { archive, message },
      query: at === undefined ? {} : { at },
    }),
    staleTime: "static",
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

export function MessageView({ archive, message, at }: MessageViewProps) {
  const { data, error, refetch } = useOpened({ archive, message, at });
  if (error !== null) return <FailureNote error={error} again={() => refetch()} />;
  if (data === undefined) return <Loader aria-label={messageView.loading} m="xl" />;
  return <OpenedMessage key={`${archive}/${message}`} archive={archive} opened={data} />;
}

function OpenedMessage({ archive, opened }: { readonly archive: number; readonly opened: Opened }) {
  const [shownParts, setShownParts] = useState<ReadonlySet<string>>(new Set());
  const subject = seenText(opened.subject) || messageView.noSubject;
  return (
    <article className={styles.view} aria-labelledby="message-subject">
      <Stack gap="xs" className={styles.head}>
        <Title order={2} size="h3" id="message-subject" className={styles.subject}>
          <bdi>{subject}</bdi>
        </Title>
        <People opened={opened} />
        {opened.mailbox === null ? (
          <Alert color="gray" variant="light" p="xs">
            <Text size="sm">{messageView.absent}</Text>
          </Alert>
        ) : null}
        {opened.content === "whole" ? null : (
          <Alert color="yellow" variant="light" p="xs">
            <Text size="sm">{opened.content === "cut" ? messageView.cut : messageView.partly}</Text>
          </Alert>
        )}
      </Stack>
      <MessageBody archive={archive} opened={opened} subject={subject} onShown={setShownParts} />
      <Attachments archive={archive} opened={opened} shown={shownParts} />
    </article>
  );
}
