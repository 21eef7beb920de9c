// The messages of a mailbox at a revision, beside them the one that is open.
import { Center, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { type RefObject, useState } from "react";
import { asking } from "../../api/queries.ts";
import { mail } from "../../texts/mail.ts";
import { useMailboxRows } from "./mailbox-rows.ts";
import { Messages } from "./messages.tsx";
import type { TreeRow } from "./tree.ts";

interface Props {
  readonly archive: number;
  readonly mailbox: number;
  readonly row: TreeRow | undefined;
  readonly revision: number;
  readonly fieldRef: RefObject<HTMLInputElement | null>;
  readonly onBack: () => void;
}

/** Of what their owner wrote. */
const OWN_ROLES: readonly (string | null | undefined)[] = ["sent", "drafts"];

export function MailboxMessages({ archive, mailbox, row, revision, fieldRef, onBack }: Props) {
  const source = useMailboxRows(archive, mailbox, revision);
  const start = useStart(archive, mailbox, revision);
  return (
    <Messages
      archive={archive}
      revision={revision}
      source={source}
      start={start}
      label={mail.messages(row?.path.at(-1) ?? "")}
      isOwn={OWN_ROLES.includes(row?.role)}
      empty={
        <Center p="xl">
          <Text c="dimmed">{mail.empty}</Text>
        </Center>
      }
      fieldRef={fieldRef}
      onBack={onBack}
    />
  );
}

/** Where the message stands that the address named when the screen was opened; null: not known, or not here. */
function useStart(archive: number, mailbox: number, revision: number): number | null {
  const { message } = useSearch({ from: "/gate/mail" });
  const [named] = useState(message);
  const { data } = useQuery({
    ...asking("/archives/{archive}/mailboxes/{mailbox}/list", {
      params: { archive, mailbox },
      query: { at: revision, limit: 1, place: named ?? 0 },
    }),
    enabled: named !== undefined,
    staleTime: "static",
  });
  return data?.place ?? null;
}
