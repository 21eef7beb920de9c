// One message in a window of its own, as it was at a moment.
import { Container, VisuallyHidden } from "@mantine/core";
import { useParams, useSearch } from "@tanstack/react-router";
import { shell } from "../../texts/shell.ts";
import styles from "./message-view/message-view.module.css";
import { MessageView } from "./message-view/message-view.tsx";

export function MessageScreen() {
  const { archive, message } = useParams({ from: "/gate/archives/$archive/messages/$message" });
  const { at } = useSearch({ from: "/gate/archives/$archive/messages/$message" });
  return (
    <Container size="lg" px={0} className={styles.alone}>
      <title>{shell.titled(shell.places.mail)}</title>
      <VisuallyHidden component="h1">{shell.places.mail}</VisuallyHidden>
      <MessageView archive={archive} message={message} at={at} />
    </Container>
  );
}
