// The screen "Mail": the archives and their mailboxes, the messages of one or of a search, and the one that is open; all of it as it is, or was at the
// moment that the address names.
import { Button, Center, Loader, Stack, Text } from "@mantine/core";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useRef } from "react";
import { asking } from "../../api/queries.ts";
import type { Answer } from "../../api/shapes.ts";
import { BackIcon } from "../../parts/icons.tsx";
import { FailureNote } from "../../shell/failure.tsx";
import { mail } from "../../texts/mail.ts";
import { shell } from "../../texts/shell.ts";
import { ImportButton } from "../import/import-button.tsx";
import { NewArchiveButton } from "../import/new-archive.tsx";
import { RestoreButton } from "../restore/restore-button.tsx";
import type { Shown } from "../restore/what.ts";
import { atNow, type MailAddress, withSearch } from "./address.ts";
import { FoundMessages } from "./found-messages.tsx";
import styles from "./mail.module.css";
import { MailboxMessages } from "./mailbox-messages.tsx";
import { MailboxTree } from "./mailbox-tree.tsx";
import { peopleSeen } from "./people-seen.ts";
import { SearchBox } from "./search-box.tsx";
import { SelectingWithin, useSelecting } from "./selecting.tsx";
import { TimeStrip } from "./time-strip.tsx";
import type { TreeRow } from "./tree.ts";

type Archives = Answer<"get", "/archives">["archives"];

export function MailScreen() {
  const { data, error, refetch } = useQuery(asking("/archives", {}));
  const { archive } = useSearch({ from: "/gate/mail" });
  const chosen = archive ?? data?.archives[0]?.archive;
  return (
    <>
      <title>{shell.titled(shell.places.mail)}</title>
      <h1 className={styles.title}>{shell.places.mail}</h1>
      {error === null ? null : <FailureNote error={error} again={() => refetch()} />}
      {data === undefined && error === null ? (
        <Center p="xl">
          <Loader aria-label={shell.loading} />
        </Center>
      ) : null}
      {data === undefined ? null : chosen === undefined ? (
        <NoArchive />
      ) : (
        <ArchiveMail key={chosen} archives={data.archives} archive={chosen} />
      )}
    </>
  );
}

function NoArchive() {
  return (
    <Center p="xl" mih="50vh">
      <Stack align="center">
        <Text c="dimmed">{mail.noArchives}</Text>
        <Button renderRoot={(props) => <Link {...props} to="/accounts" />}>{mail.addAccount}</Button>
        <NewArchiveButton />
      </Stack>
    </Center>
  );
}

function ArchiveMail({ archives, archive }: { readonly archives: Archives; readonly archive: number }) {
  const address = useSearch({ from: "/gate/mail" });
  const navigate = useNavigate({ from: "/mail" });
  const client = useQueryClient();
  const field = useRef<HTMLInputElement>(null);
  const { at, q = "", removed = false } = address;
  const tree = useQuery({
    ...asking("/archives/{archive}/mailboxes", { params: { archive }, query: at === undefined ? {} : { at } }),
    placeholderData: keepPreviousData,
  });
  const rows = tree.data?.mailboxes;
  // Whoever names no mailbox sees the first one, INBOX where there is one.
  const mailbox = address.mailbox ?? rows?.find((row) => row.mailbox !== null)?.mailbox ?? undefined;
  const row = rows?.find((one) => one.mailbox === mailbox);
  const revision = tree.data?.revision;
  const search = (next: string, all: boolean): void => {
    // What is found has the keys, and no suggestions lie over it.
    field.current?.blur();
    void navigate({ search: (before) => withSearch(before, next, all) });
  };
  const end = (): void => {
    if (q !== "") search("", false);
    field.current?.blur();
  };
  const moveTo = (to: number | null): void =>
    void navigate({ search: (before) => (to === null ? atNow(before) : { ...atNow(before), at: to }), replace: true });
  const view =
    address.message !== undefined ? "message" : q !== "" || address.mailbox !== undefined ? "list" : "mailboxes";
  // Another list is drawn from its beginning, and nothing of it is selected.
  const list = q !== "" ? `${q} ${removed} ${revision}` : `${mailbox} ${revision}`;
  const shown = tree.data === undefined ? null : shownOf(address, archive, tree.data, q === "" ? row : undefined);
  return (
    <SelectingWithin shown={shown} list={list}>
      <div className={styles.screen} data-view={view}>
        <TimeStrip
          archive={archive}
          past={
            at === undefined || tree.data === undefined ? null : { revision: tree.data.revision, time: tree.data.time }
          }
          action={<RestoreShown />}
          onMove={moveTo}
        />
        <div className={styles.side}>
          {tree.error === null ? null : <FailureNote error={tree.error} again={() => tree.refetch()} />}
          <MailboxTree archives={archives} archive={archive} rows={rows} mailbox={q === "" ? mailbox : undefined} />
          <ImportButton archive={archive} name={archives.find((one) => one.archive === archive)?.name ?? ""} />
          <NewArchiveButton />
        </div>
        <div className={styles.top}>
          <Button
            hiddenFrom="sm"
            variant="subtle"
            size="compact-sm"
            mb="xs"
            leftSection={<BackIcon />}
            renderRoot={(props) => (
              <Link {...props} to="/mail" search={{ archive, ...(at === undefined ? {} : { at }) }} />
            )}
          >
            {mail.backToMailboxes}
          </Button>
          <SearchBox
            q={q}
            removed={removed}
            mailbox={row?.path ?? null}
            mailboxes={rows?.flatMap((one) => (one.mailbox === null ? [] : [one.path.join("/")])) ?? []}
            people={() => peopleSeen(client, archive)}
            fieldRef={field}
            onSearch={search}
          />
        </div>
        {revision === undefined ? null : q !== "" ? (
          <FoundMessages
            key={list}
            archive={archive}
            q={q}
            removed={removed}
            revision={revision}
            fieldRef={field}
            onBack={end}
          />
        ) : mailbox === undefined ? null : (
          <MailboxMessages
            key={list}
            archive={archive}
            mailbox={mailbox}
            row={row}
            revision={revision}
            fieldRef={field}
            onBack={end}
          />
        )}
      </div>
    </SelectingWithin>
  );
}

function RestoreShown() {
  const { shown } = useSelecting();
  return shown === null ? null : <RestoreButton shown={shown} />;
}

/** What a restore would be of. */
function shownOf(
  { at, message, q }: MailAddress,
  archive: number,
  { revision, time, mailboxes }: Answer<"get", "/archives/{archive}/mailboxes">,
  row: TreeRow | undefined,
): Shown {
  const isBelow = (path: readonly string[]): boolean =>
    row !== undefined && path.length > row.path.length && row.path.every((part, depth) => path[depth] === part);
  return {
    archive,
    revision,
    past: at === undefined ? null : time,
    message,
    query: q,
    mailbox: row?.path,
    hasChildren: mailboxes.some(({ path }) => isBelow(path)),
  };
}
