// One list of messages that differ between two moments, page by page. Each leads to the message as it is at the moment at which it is there.
import { Anchor, Badge, Button, Group, Loader, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { get } from "../../api/client.ts";
import type { Answer } from "../../api/shapes.ts";
import { FailureNote } from "../../shell/failure.tsx";
import { dateTime, size } from "../../texts/formats.ts";
import { compare } from "../../texts/time-line.ts";
import { seenText } from "../mail/message-view/links.ts";
import type { Kind, MessageSearch } from "./kinds.ts";
import styles from "./time-line.module.css";

type Page = Answer<"get", "/archives/{archive}/diff">;
type Message = Page["messages"][number];

interface Props {
  readonly archive: number;
  readonly from: string;
  readonly to: string;
  readonly kind: Kind;
  /** What the address says, for the way back from a message. */
  readonly compared: MessageSearch;
}

const PAGE = 50;

/** Later pages are of the same two moments, whatever was backed up since. */
interface Behind {
  readonly from: string;
  readonly to: string;
  readonly after: string;
}

const behindOf = ({ next }: Page): Behind | undefined => {
  if (next === null) return undefined;
  const words = new URL(next, location.origin).searchParams;
  return { from: words.get("from") ?? "", to: words.get("to") ?? "", after: words.get("after") ?? "" };
};

export function Differences({ archive, from, to, kind, compared }: Props) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ["differences", archive, from, to, kind],
    initialPageParam: undefined as Behind | undefined,
    queryFn: ({ pageParam, signal }) =>
      get(
        "/archives/{archive}/diff",
        { params: { archive }, query: { from, to, kind, limit: PAGE, ...pageParam } },
        signal,
      ),
    getNextPageParam: behindOf,
  });
  if (error !== null) return <FailureNote error={error} again={() => refetch()} />;
  if (data === undefined) return <Loader size="sm" aria-label={compare.still} />;
  const messages = data.pages.flatMap((page) => page.messages);
  const last = data.pages.at(-1);
  return (
    <>
      {messages.length === 0 && !hasNextPage ? <Text c="dimmed">{compare.none[kind]}</Text> : null}
      <ul className={styles.list}>
        {messages.map((message) => (
          <Row
            key={message.message}
            archive={archive}
            message={message}
            search={{ at: message.after === null ? last?.from.revision : last?.to.revision, ...compared }}
          />
        ))}
      </ul>
      {hasNextPage ? (
        <Button variant="default" size="xs" mt="sm" loading={isFetchingNextPage} onClick={() => fetchNextPage()}>
          {compare.more}
        </Button>
      ) : null}
    </>
  );
}

function Row({
  archive,
  message,
  search,
}: {
  readonly archive: number;
  readonly message: Message;
  readonly search: MessageSearch;
}) {
  const { message: id, before, after, date, size: bytes, subject } = message;
  const name = seenText(subject ?? "") || compare.unnamed(String(id));
  const [was, is] = [pathOf(before), pathOf(after)];
  return (
    <li className={styles.row}>
      <Anchor
        aria-label={compare.open(name)}
        renderRoot={(props) => (
          <Link
            {...props}
            to="/archives/$archive/messages/$message"
            params={{ archive, message: id }}
            search={search}
          />
        )}
      >
        <bdi>{name}</bdi>
      </Anchor>
      <Group gap="sm">
        <Text size="xs" c="dimmed">
          {was !== null && is !== null && was !== is ? compare.moved(was, is) : (is ?? was)}
        </Text>
        <Text size="xs" c="dimmed">
          {[
            ...(date === null ? [] : [compare.received(dateTime(date))]),
            ...(bytes === null ? [] : [size(bytes)]),
          ].join(" · ")}
        </Text>
        {before !== null && after !== null ? <Flags before={before.flags} after={after.flags} /> : null}
      </Group>
    </li>
  );
}

const pathOf = (placed: Message["before"]): string | null => placed?.mailbox.join(" / ") ?? null;

function Flags({ before, after }: { readonly before: readonly string[]; readonly after: readonly string[] }) {
  const changed = [
    ...after.filter((flag) => !before.includes(flag)).map((flag) => `+ ${flag}`),
    ...before.filter((flag) => !after.includes(flag)).map((flag) => `− ${flag}`),
  ];
  return changed.map((flag) => (
    <Badge key={flag} size="xs" variant="default" tt="none">
      {flag}
    </Badge>
  ));
}
