// One message in a window of its own, as it was at a moment. Whoever sees the past is told so; whoever comes from two moments compared gets back there.
import { Anchor, Box, Button, Container, VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { asking } from "../../api/queries.ts";
import { BackIcon } from "../../parts/icons.tsx";
import { messageView } from "../../texts/message-view.ts";
import { shell } from "../../texts/shell.ts";
import { compare } from "../../texts/time-line.ts";
import { useMoments } from "../timeline/moments.ts";
import styles from "./message-view/message-view.module.css";
import { MessageView, useOpened } from "./message-view/message-view.tsx";
import { PastNote, WAY_OUT } from "./past-note.tsx";

export function MessageScreen() {
  const { archive, message } = useParams({ from: "/gate/archives/$archive/messages/$message" });
  const { at, ...compared } = useSearch({ from: "/gate/archives/$archive/messages/$message" });
  const { data: opened } = useOpened({ archive, message, at });
  const { data: known } = useQuery({ ...asking("/archives", {}), enabled: at !== undefined });
  const head = known?.archives.find((one) => one.archive === archive)?.revision;
  const isPast = at !== undefined && opened !== undefined && head !== undefined && opened.revision < head;
  const momentWords = useMoments(archive, [opened?.time ?? null], isPast);
  const isCompared = compared.kind !== undefined;
  return (
    <Container size="lg" px={0} className={styles.alone}>
      <title>{shell.titled(shell.places.mail)}</title>
      <VisuallyHidden component="h1">{shell.places.mail}</VisuallyHidden>
      {isCompared ? (
        <Box p="md" pb={0}>
          <Button
            variant="subtle"
            size="compact-sm"
            leftSection={<BackIcon />}
            renderRoot={(props) => <Link {...props} to="/compare" search={{ archive, ...compared }} />}
          >
            {compare.back}
          </Button>
        </Box>
      ) : null}
      {isPast && opened.time !== null ? (
        <Box p="md" pb={0}>
          <PastNote text={messageView.past(momentWords(opened.time))}>
            <Anchor
              {...WAY_OUT}
              renderRoot={(props) => (
                <Link
                  {...props}
                  to="/archives/$archive/messages/$message"
                  params={{ archive, message }}
                  search={compared}
                />
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
