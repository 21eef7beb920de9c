// What hangs on a message, each as a download: the page shows none of it. Pictures that are seen in the message are not listed again.
import { Anchor, Group, Text, Title } from "@mantine/core";
import { bytesAt } from "../../../api/client.ts";
import { number, size } from "../../../texts/formats.ts";
import { messageView } from "../../../texts/message-view.ts";
import { mayRun } from "./file-kinds.ts";
import styles from "./message-view.module.css";
import type { Opened } from "./opened.ts";
import { cidOf } from "./resources.ts";

interface Props {
  readonly archive: number;
  readonly opened: Opened;
  /** Content-IDs of pictures that are seen. */
  readonly shown: ReadonlySet<string>;
}

export function Attachments({ archive, opened, shown }: Props) {
  const { message, parts } = opened;
  const files = parts.filter(({ within, cid }) => !within || cid === null || !shown.has(cidOf(cid)));
  const raw = bytesAt("/archives/{archive}/messages/{message}/raw", { params: { archive, message } });
  return (
    <section className={styles.attachments}>
      <Group justify="space-between" mb={files.length === 0 ? 0 : "xs"}>
        {files.length === 0 ? (
          <span />
        ) : (
          <Title order={3} size="h6">
            {messageView.attachments(number(files.length))}
          </Title>
        )}
        <Anchor href={raw} download size="sm">
          {messageView.raw}
        </Anchor>
      </Group>
      <ul className={styles.files} hidden={files.length === 0}>
        {files.map(({ part, name, size: bytes }) => (
          <li key={part}>
            <a
              className={styles.file}
              href={bytesAt("/archives/{archive}/messages/{message}/parts/{part}", {
                params: { archive, message, part },
                query: { name },
              })}
              download={name}
              title={messageView.download(name)}
            >
              <Text size="sm" component="span" display="block">
                <bdi>{name}</bdi>
              </Text>
              <Text size="xs" c="dimmed" component="span" display="block">
                {bytes === null ? messageView.unknownSize : size(bytes)}
              </Text>
              {mayRun(name) ? (
                <Text size="xs" c="var(--mantine-color-error)" component="span" display="block">
                  {messageView.program}
                </Text>
              ) : null}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
