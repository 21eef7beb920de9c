// A message as it is stored, its bytes as text. No more of it is loaded than can be read; all of it is a download.
import { Button, Group, Loader, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { bytesAt } from "../../api/client.ts";
import { problemOf } from "../../api/problem.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { FailureNote } from "../../shell/failure.tsx";
import { size } from "../../texts/formats.ts";
import { keysHelp, mail } from "../../texts/mail.ts";
import styles from "./mail.module.css";

const RAW = "/archives/{archive}/messages/{message}/raw";
const MOST_BYTES = 262_144;

interface Props {
  readonly archive: number;
  readonly message: number;
  readonly onClose: () => void;
}

interface Beginning {
  readonly text: string;
  /** Bytes of all of it. */
  readonly whole: number;
  readonly isCut: boolean;
}

/** Reads what is shown, and leaves. Throws Problem. */
async function beginningOf(address: string, signal: AbortSignal): Promise<Beginning> {
  const response = await fetch(address, { signal });
  if (!response.ok || response.body === null) throw await problemOf(response);
  const decoder = new TextDecoder();
  let text = "";
  let read = 0;
  for await (const chunk of response.body) {
    text += decoder.decode(chunk.subarray(0, MOST_BYTES - read), { stream: true });
    read += chunk.length;
    if (read >= MOST_BYTES) break;
  }
  const whole = Number(response.headers.get("content-length") ?? read);
  return { text, whole, isCut: whole > MOST_BYTES };
}

export function SourceDialog({ archive, message, onClose }: Props) {
  const address = bytesAt(RAW, { params: { archive, message } });
  const { data, error } = useQuery({
    queryKey: [RAW, archive, message],
    queryFn: ({ signal }) => beginningOf(address, signal),
    staleTime: "static",
  });
  return (
    <Dialog isOpen title={mail.sourceTitle} closes={keysHelp.close} onClose={onClose} size="xl">
      {error === null ? null : <FailureNote error={error} />}
      {data === undefined && error === null ? <Loader aria-label={mail.sourceTitle} /> : null}
      {data === undefined ? null : (
        <>
          <Group justify="space-between" mb="sm">
            <Text size="sm" c="dimmed">
              {data.isCut ? mail.sourceCut(size(MOST_BYTES), size(data.whole)) : size(data.whole)}
            </Text>
            <Button component="a" href={address} download size="xs" variant="default">
              {mail.download}
            </Button>
          </Group>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys. */}
          <pre className={styles.source} tabIndex={0}>
            {data.text}
          </pre>
        </>
      )}
    </Dialog>
  );
}
