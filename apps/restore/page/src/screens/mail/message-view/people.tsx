// Who wrote a message, to whom, and when. A sender chooses the name: the address is always shown beside it.
import { Anchor } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { dateTime, number } from "../../../texts/formats.ts";
import { messageView } from "../../../texts/message-view.ts";
import { seenText } from "./links.ts";
import styles from "./message-view.module.css";
import type { Opened } from "./opened.ts";

type Person = Opened["from"][number];

const FEW = 5;

export function People({ opened }: { readonly opened: Opened }) {
  const { from, to, cc, bcc, replyTo, sent, date } = opened;
  const isOtherReply = replyTo.length > 0 && replyTo.some(({ address }) => address !== from[0]?.address);
  return (
    <dl className={styles.people}>
      <Row name={messageView.from} people={from} always />
      <Row name={messageView.to} people={to} />
      <Row name={messageView.cc} people={cc} />
      <Row name={messageView.bcc} people={bcc} />
      {isOtherReply ? <Row name={messageView.replyTo} people={replyTo} /> : null}
      <Line name={sent === null && date !== null ? messageView.received : messageView.sent}>
        {(sent ?? date) === null ? (
          messageView.noDate
        ) : (
          <time dateTime={sent ?? date ?? ""}>{dateTime(sent ?? date ?? "")}</time>
        )}
      </Line>
    </dl>
  );
}

function Line({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Row({
  name,
  people,
  always = false,
}: {
  readonly name: string;
  readonly people: readonly Person[];
  readonly always?: boolean;
}) {
  const [isAll, setAll] = useState(false);
  if (people.length === 0) return always ? <Line name={name}>{messageView.nobody}</Line> : null;
  const shown = isAll ? people : people.slice(0, FEW);
  return (
    <Line name={name}>
      {shown.map((person, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same person may be named twice, and the list never changes.
        <span key={at}>
          {at === 0 ? null : ", "}
          <One person={person} />
        </span>
      ))}
      {people.length > shown.length ? (
        <>
          {" "}
          <Anchor component="button" type="button" size="sm" onClick={() => setAll(true)}>
            {messageView.more(number(people.length - shown.length))}
          </Anchor>
        </>
      ) : null}
    </Line>
  );
}

function One({ person }: { readonly person: Person }) {
  const [name, address] = [seenText(person.name), seenText(person.address)];
  if (name === "" || name === address) return <bdi>{address || messageView.nobody}</bdi>;
  return (
    <>
      <bdi>{name}</bdi>{" "}
      {address === "" ? null : (
        <bdi className={styles.address}>
          {"<"}
          {address}
          {">"}
        </bdi>
      )}
    </>
  );
}
