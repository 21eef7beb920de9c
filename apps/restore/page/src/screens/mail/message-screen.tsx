// One message in a window of its own, as it was at a moment. Whoever sees the past is told so.
import { Anchor, Box, Container, VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { asking } from "../../api/queries.ts";
import { dateTime } from "../../texts/formats.ts";
import { messageView } from "../../texts/message-view.ts";
import { shell } from "../../texts/shell.ts";
import styles from "./message-view/message-view.module.css";
import { MessageView, useOpened } from "./message-view/message-view.tsx";
import { PastNote, WAY_OUT } from "./past-note.tsx";

export function MessageScreen() {
  const { archive, message } = useParams({ from: "/gate/archives/$archive/messages/$message" });
  const { at } = useSearch({ from: "/gate/archives/$archive/messages/$message" });
  const { data: opened } = useOpened({ archive, message, at });
  const { data: known } = useQuery({ ...asking("/archives", {}), enabled: at !== undefined });
  const head = known?.archives.find((one) => one.archive === archive)?.revision;
  const isPast = at !== undefined && opened !== undefined && head !== undefined && opened.revision < head;
  return (
    <Container size="lg" px={0} className={styles.alone}>
      <title>{shell.titled(shell.places.mail)}</title>
      <VisuallyHidden component="h1">{shell.places.mail}</VisuallyHidden>
      {isPast && opened.time !== null ? (
        <Box p="md" pb={0}>
          <PastNote text={messageView.past(dateTime(opened.time))}>
            <Anchor
              {...WAY_OUT}
              renderRoot={(props) => (
                <Link {...props} to="/archives/$archive/messages/$message" params={{ archive, message }} search={{}} />
              )}
            >
              {messageView.asNow}
            </Anchor>
          </PastNote>
        </Box>
      ) : null}
      <MessageView archive={archive} message={message} at={at} />
    </Container>
  );
}
