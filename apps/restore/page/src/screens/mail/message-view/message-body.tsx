// The text of a message, or its design in a sandbox, with what the reader may choose about it. What lies elsewhere is not loaded until the reader
// says so, for this message only.
import { Alert, Button, Group, SegmentedControl, Text, useComputedColorScheme } from "@mantine/core";
import { useEffect, useMemo, useState } from "react";
import { counted } from "../../../texts/formats.ts";
import { messageView } from "../../../texts/message-view.ts";
import { MessageFrame } from "./message-frame.tsx";
import styles from "./message-view.module.css";
import type { Opened } from "./opened.ts";
import { usePictures } from "./pictures.ts";
import { PlainText } from "./plain-text-view.tsx";
import { type Harmless, harmless } from "./sanitise.ts";

interface Props {
  readonly archive: number;
  readonly opened: Opened;
  readonly subject: string;
  /** Told of the Content-IDs of pictures that are seen. */
  readonly onShown: (parts: ReadonlySet<string>) => void;
}

type Form = "html" | "text";

const NO_PICTURES: ReadonlyMap<string, string> = new Map();
const NO_PARTS: ReadonlySet<string> = new Set();

export function MessageBody({ archive, opened, subject, onShown }: Props) {
  const { html, text } = opened;
  const [form, setForm] = useState<Form>(html === null ? "text" : "html");
  const [isOpen, setOpen] = useState(false);
  // Which parts it shows is known before they are there.
  const bare = useMemo(() => (html === null ? null : madeHarmless(html, NO_PICTURES, false)), [html]);
  const pictures = usePictures(archive, opened, bare?.parts ?? NO_PARTS);
  const shown = useMemo(
    () => (html === null ? null : pictures.size === 0 && !isOpen ? bare : madeHarmless(html, pictures, isOpen)),
    [html, pictures, isOpen, bare],
  );
  useEffect(() => onShown(form === "html" ? new Set(pictures.keys()) : NO_PARTS), [form, pictures, onShown]);
  return (
    <>
      {html === null ? null : (
        <Group className={styles.bar} justify="space-between" gap="xs">
          <SegmentedControl
            size="xs"
            value={form}
            onChange={(value) => setForm(value as Form)}
            aria-label={messageView.formChoice}
            data={(["html", "text"] as const).map((value) => ({ value, label: messageView.forms[value] }))}
          />
        </Group>
      )}
      {form === "html" && shown !== null ? (
        <Design shown={shown} subject={subject} isOpen={isOpen} onOpen={setOpen} />
      ) : (
        <PlainText text={text} note={opened.textOfHtml ? messageView.textOfHtml : null} />
      )}
    </>
  );
}

const madeHarmless = (html: string, pictures: ReadonlyMap<string, string>, isOpen: boolean): Harmless =>
  harmless(html, {
    pictures,
    isOpen,
    origin: location.origin,
    leadsTo: messageView.leadsTo,
    noPicture: messageView.noPicture,
  });

interface DesignProps {
  readonly shown: Harmless;
  readonly subject: string;
  readonly isOpen: boolean;
  readonly onOpen: (isOpen: boolean) => void;
}

function Design({ shown, subject, isOpen, onOpen }: DesignProps) {
  const isDark = useComputedColorScheme("light", { getInitialValueInEffect: false }) === "dark";
  const content = useMemo(() => shown.document(isDark), [shown, isDark]);
  return (
    <>
      {shown.remote.size === 0 ? null : (
        <Alert color="gray" variant="light" mx="md" mb="xs" p="xs">
          <Group justify="space-between" gap="xs">
            <Text size="sm" maw="60ch">
              {isOpen ? messageView.loaded : messageView.blocked(picturesOf(shown.remote), hostsOf(shown.remote))}
              {isOpen ? null : (
                <Text component="span" size="sm" c="dimmed" display="block">
                  {messageView.blockedWhy}
                </Text>
              )}
            </Text>
            <Button size="xs" variant="default" onClick={() => onOpen(!isOpen)}>
              {isOpen ? messageView.unload : messageView.load}
            </Button>
          </Group>
        </Alert>
      )}
      {shown.isSomething ? (
        <MessageFrame
          document={content}
          isOpen={isOpen}
          isPaper={shown.hasColours}
          title={messageView.frame(subject)}
        />
      ) : (
        <Text c="dimmed" p="md">
          {messageView.empty}
        </Text>
      )}
    </>
  );
}

const picturesOf = (remote: ReadonlySet<string>): string =>
  counted(remote.size, messageView.pictures.one, messageView.pictures.many);

const MOST_HOSTS = 4;

/** Those that are asked most come first as they come first in the message. */
function hostsOf(remote: ReadonlySet<string>): string {
  const hosts = [...new Set([...remote].map((url) => new URL(url).hostname))];
  const named = hosts.slice(0, MOST_HOSTS).join(", ");
  return hosts.length > MOST_HOSTS ? `${named} …` : named;
}
