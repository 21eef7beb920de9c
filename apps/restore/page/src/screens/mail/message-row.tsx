// One row of a list: who wrote it, what it is about, when, and its flags. All of it is of foreign origin and stands as text, apart from what is beside it.
import { type MouseEvent, memo } from "react";
import { AnsweredIcon, ClipIcon, FlagIcon } from "../../parts/icons.tsx";
import { shortDate } from "../../texts/formats.ts";
import { mail } from "../../texts/mail.ts";
import styles from "./message-row.module.css";
import type { Row } from "./row-source.ts";
import { type Click, clickOf } from "./selection.ts";

type People = Row["from"];

interface Props {
  readonly row: Row | undefined;
  readonly index: number;
  readonly count: number;
  /** Pixels from the top of the list. */
  readonly top: number;
  readonly isCursor: boolean;
  readonly isOpen: boolean;
  readonly isSelected: boolean;
  /** What was sent is known by whom it went to. */
  readonly isOwn: boolean;
  readonly now: number;
  readonly onClick: (index: number, click: Click) => void;
}

const namesOf = (people: People): string => people.map(({ name, address }) => name || address).join(", ");

function whoOf({ from, to }: Row, isOwn: boolean): string {
  if (isOwn && to.length > 0) return mail.to(namesOf(to));
  return namesOf(from) || mail.noSender;
}

/** What draws the box; the row itself tells screen readers whether it is selected. */
const BOX = "data-box";

function clickAt({ target, shiftKey, ctrlKey, metaKey }: MouseEvent): Click {
  const onBox = target instanceof Element && target.closest(`[${BOX}]`) !== null;
  return clickOf({ onBox, shift: shiftKey, command: ctrlKey || metaKey });
}

/** A click with Shift selects messages, not the text between two clicks. */
function keepText(event: MouseEvent): void {
  if (event.shiftKey) event.preventDefault();
}

export const rowId = (index: number): string => `message-row-${index}`;

export const MessageRow = memo(function MessageRow({
  row,
  index,
  count,
  top,
  isCursor,
  isOpen,
  isSelected,
  isOwn,
  now,
  onClick,
}: Props) {
  const isUnread = row !== undefined && !row.flags.includes("\\Seen");
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the focus, and its keys.
    <div
      id={rowId(index)}
      role="option"
      tabIndex={-1}
      aria-selected={isSelected}
      aria-current={isOpen || undefined}
      aria-posinset={index + 1}
      aria-setsize={count}
      aria-busy={row === undefined}
      className={styles.row}
      data-cursor={isCursor || undefined}
      data-open={isOpen || undefined}
      data-selected={isSelected || undefined}
      data-unread={isUnread || undefined}
      data-removed={(row !== undefined && !row.present) || undefined}
      style={{ top }}
      onMouseDown={keepText}
      onClick={(event) => onClick(index, clickAt(event))}
    >
      {row?.present === false ? null : <span className={styles.check} {...{ [BOX]: "" }} />}
      {row === undefined ? (
        <span className={styles.waiting}>{mail.loadingRow}</span>
      ) : (
        <Told row={row} isOwn={isOwn} isUnread={isUnread} now={now} />
      )}
    </div>
  );
});

interface ToldProps {
  readonly row: Row;
  readonly isOwn: boolean;
  readonly isUnread: boolean;
  readonly now: number;
}

function Told({ row, isOwn, isUnread, now }: ToldProps) {
  const { subject, date, flags, attached, mailbox, present } = row;
  const title = subject === null ? mail.notRead : subject.trim() || mail.noSubject;
  return (
    <>
      <span className={styles.who}>
        {isUnread ? <span className={styles.dot} role="img" aria-label={mail.flags.unread} /> : null}
        <bdi>{whoOf(row, isOwn)}</bdi>
      </span>
      <span className={styles.when}>{date === null ? null : <time dateTime={date}>{shortDate(date, now)}</time>}</span>
      <span className={styles.what}>
        <bdi>{title}</bdi>
      </span>
      <span className={styles.signs}>
        {present ? null : <span className={styles.removed}>{mail.flags.removed}</span>}
        {mailbox === null ? null : <span className={styles.where}>{mailbox.at(-1)}</span>}
        {attached === true ? <Sign label={mail.flags.attached} icon={<ClipIcon size={15} />} /> : null}
        {flags.includes("\\Answered") ? <Sign label={mail.flags.answered} icon={<AnsweredIcon size={15} />} /> : null}
        {flags.includes("\\Flagged") ? <Sign label={mail.flags.flagged} icon={<FlagIcon size={15} />} /> : null}
      </span>
    </>
  );
}

function Sign({ label, icon }: { readonly label: string; readonly icon: React.ReactNode }) {
  return (
    <span role="img" aria-label={label} title={label} className={styles.sign}>
      {icon}
    </span>
  );
}
