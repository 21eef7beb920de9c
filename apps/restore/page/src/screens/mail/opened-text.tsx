// An opened message in plain text: who wrote what to whom and when, and what hangs on it. It is asked for once: each time is put on record.
import { Anchor, Loader, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { bytesAt } from "../../api/client.ts";
import { asking } from "../../api/queries.ts";
import { FailureNote } from "../../shell/failure.tsx";
import { dateTime, size } from "../../texts/formats.ts";
import { mail } from "../../texts/mail.ts";
import styles from "./mail.module.css";

interface Props {
  readonly archive: number;
  readonly message: number;
  readonly at: number;
}

export function OpenedText({ archive, message, at }: Props) {
  const asked = asking("/archives/{archive}/messages/{message}/view", { params: { archive, message }, query: { at } });
  const { data, error, refetch } = useQuery({
    ...asked,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  if (error !== null) return <FailureNote error={error} again={() => refetch()} />;
  if (data === undefined) return <Loader m="xl" aria-label={mail.message} />;
  const { subject, from, to, sent, date, text, parts } = data;
  const when = sent ?? date;
  return (
    <article className={styles.opened}>
      <Title order={2} size="h3">
        <bdi>{subject.trim() || mail.noSubject}</bdi>
      </Title>
      <Stack gap={2} my="sm">
        <Text size="sm">
          <bdi>{peopleOf(from) || mail.noSender}</bdi>
        </Text>
        <Text size="sm" c="dimmed">
          {to.length === 0 ? null : <bdi>{mail.to(peopleOf(to))}</bdi>}
        </Text>
        {when === null ? null : (
          <Text size="sm" c="dimmed" component="time" dateTime={when}>
            {dateTime(when)}
          </Text>
        )}
      </Stack>
      <div className={styles.text}>{text}</div>
      {parts.map(({ part, name, size: bytes }) => (
        <Text key={part} size="sm">
          <Anchor
            href={bytesAt("/archives/{archive}/messages/{message}/parts/{part}", {
              params: { archive, message, part },
              query: { name },
            })}
            download={name}
          >
            <bdi>{name}</bdi>
          </Anchor>{" "}
          {bytes === null ? null : size(bytes)}
        </Text>
      ))}
    </article>
  );
}

const peopleOf = (people: readonly { readonly name: string; readonly address: string }[]): string =>
  people.map(({ name, address }) => (name === "" ? address : `${name} <${address}>`)).join(", ");
