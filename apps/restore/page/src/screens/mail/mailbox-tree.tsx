// The archives that one may read, and the mailboxes of the one that is shown as they are at the moment: with how many messages each holds.
import { Text, VisuallyHidden } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { MailboxIcon } from "../../parts/icons.tsx";
import { number } from "../../texts/formats.ts";
import { mail } from "../../texts/mail.ts";
import styles from "./mail.module.css";
import { type Branch, type TreeRow, treeOf } from "./tree.ts";

interface Props {
  readonly archives: readonly { readonly archive: number; readonly name: string }[];
  readonly archive: number;
  /** Undefined: they are not here yet. */
  readonly rows: readonly TreeRow[] | undefined;
  readonly mailbox: number | undefined;
}

export function MailboxTree({ archives, archive, rows, mailbox }: Props) {
  return (
    <nav aria-label={mail.mailboxes} className={styles.tree}>
      {archives.map(({ archive: id, name }) => (
        <section key={id} aria-label={name}>
          {id === archive ? (
            <Text className={styles.archive} fw={600} size="sm">
              <bdi>{name}</bdi>
            </Text>
          ) : (
            <Link
              to="/mail"
              search={({ at }) => ({ archive: id, ...(typeof at === "string" ? { at } : {}) })}
              className={styles.archive}
            >
              <bdi>{name}</bdi>
            </Link>
          )}
          {id !== archive || rows === undefined ? null : rows.length === 0 ? (
            <Text size="sm" c="dimmed" px="sm">
              {mail.noMailboxes}
            </Text>
          ) : (
            <Branches branches={treeOf(rows)} archive={archive} mailbox={mailbox} depth={0} />
          )}
        </section>
      ))}
    </nav>
  );
}

interface BranchesProps {
  readonly branches: readonly Branch[];
  readonly archive: number;
  readonly mailbox: number | undefined;
  readonly depth: number;
}

function Branches({ branches, archive, mailbox, depth }: BranchesProps) {
  return (
    <ul className={styles.branches}>
      {branches.map(({ key, name, row, children }) => (
        <li key={key}>
          {row.mailbox === null ? (
            <span className={styles.box} style={{ paddingInlineStart: indent(depth) }}>
              <bdi className={styles.boxName}>{name}</bdi>
            </span>
          ) : (
            <Link
              to="/mail"
              search={({ at }) => ({ archive, mailbox: row.mailbox ?? 0, ...(at === undefined ? {} : { at }) })}
              className={styles.box}
              style={{ paddingInlineStart: indent(depth) }}
              aria-current={row.mailbox === mailbox ? "true" : undefined}
              activeProps={{}}
              data-unread={row.unread > 0 || undefined}
            >
              <MailboxIcon size={16} />
              <bdi className={styles.boxName}>{name}</bdi>
              <Counts row={row} />
            </Link>
          )}
          {children.length === 0 ? null : (
            <Branches branches={children} archive={archive} mailbox={mailbox} depth={depth + 1} />
          )}
        </li>
      ))}
    </ul>
  );
}

const indent = (depth: number): number => 12 + Math.min(depth, 8) * 16;

/** Unread ones in bold, where there are some, of all. */
function Counts({ row: { messages, unread } }: { readonly row: TreeRow }) {
  return (
    <span className={styles.counts}>
      <VisuallyHidden>{`${mail.held(messages)}, ${mail.unread(unread)}`}</VisuallyHidden>
      {unread > 0 ? <b aria-hidden="true">{number(unread)}</b> : null}
      <span aria-hidden="true">{number(messages)}</span>
    </span>
  );
}
