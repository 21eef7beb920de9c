// Who may sign in: invited by a one-time link, given a new one, removed. For administrators.
import { Box, Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { send } from "../../api/client.ts";
import { asking } from "../../api/queries.ts";
import type { Answer } from "../../api/shapes.ts";
import { FailureNote } from "../../shell/failure.tsx";
import { dateTime } from "../../texts/formats.ts";
import { settings } from "../../texts/settings.ts";
import { shell } from "../../texts/shell.ts";
import { NewUser } from "./new-user.tsx";
import { Row, Section } from "./section.tsx";
import { ShownOnce } from "./shown-once.tsx";
import { Sure } from "./sure.tsx";

const texts = settings.users;

type User = Answer<"get", "/users">["users"][number];
type Archive = Answer<"get", "/archives">["archives"][number];

/** A link that was just made. */
interface Invited {
  readonly name: string;
  readonly link: string;
  readonly until: string;
}

/** `me`: the id of who is signed in, who is neither removed nor locked out by a wrong click. */
export function Users({ me }: { readonly me: number }) {
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(asking("/users", {}));
  const { data: held } = useQuery(asking("/archives", {}));
  const archives = held?.archives ?? [];
  const [isAdding, setAdding] = useState(false);
  const [invited, setInvited] = useState<Invited | null>(null);
  const changed = async (): Promise<void> => {
    await Promise.all([["/users"], ["/audit"]].map((queryKey) => client.invalidateQueries({ queryKey })));
  };
  const show = async (name: string, { token, expires }: Answer<"post", "/users">): Promise<void> => {
    setAdding(false);
    setInvited({ name, link: linkOf(token), until: expires === null ? "" : dateTime(expires) });
    await changed();
  };
  return (
    <Section
      title={texts.title}
      lead={texts.lead}
      action={
        isAdding ? null : (
          <Button variant="light" onClick={() => setAdding(true)}>
            {texts.add}
          </Button>
        )
      }
    >
      {isAdding ? <NewUser archives={archives} onMade={show} onCancel={() => setAdding(false)} /> : null}
      {error === null ? null : <FailureNote error={error} again={() => refetch()} />}
      <Box component="ul" m={0} p={0}>
        {data?.users.map((user) => (
          <Row
            key={user.id}
            name={user.name}
            about={remarksOn(user, archives, me)}
            actions={user.id === me ? null : <UserActions user={user} onInvited={show} onChanged={changed} />}
          />
        ))}
      </Box>
      <ShownOnce
        title={texts.linkTitle(invited?.name ?? "")}
        text={texts.once(invited?.until ?? "")}
        secret={invited?.link ?? null}
        onClose={() => setInvited(null)}
      />
    </Section>
  );
}

interface UserActionsProps {
  readonly user: User;
  readonly onInvited: (name: string, made: Answer<"post", "/users">) => Promise<void>;
  readonly onChanged: () => Promise<void>;
}

function UserActions({ user, onInvited, onChanged }: UserActionsProps) {
  const params = { user: user.id };
  return (
    <>
      <Sure
        label={texts.again}
        named={texts.againNamed(user.name)}
        title={texts.againTitle(user.name)}
        text={texts.againText}
        isDangerous={false}
        act={async () => await onInvited(user.name, await send("post", "/users/{user}/invitation", { params }))}
      />
      <Sure
        label={texts.remove}
        named={texts.removeNamed(user.name)}
        title={texts.removeTitle(user.name)}
        text={texts.removeText}
        isDangerous
        act={async () => {
          await send("delete", "/users/{user}", { params });
          await onChanged();
        }}
      />
    </>
  );
}

/** The fragment is not sent by browsers, so no log on the way has it. */
const linkOf = (token: string): string => `${window.location.origin}/welcome#${token}`;

function remarksOn(user: User, archives: readonly Archive[], me: number): readonly string[] {
  const names = archives.filter(({ archive }) => user.archives.includes(archive)).map(({ name }) => name);
  const reads = names.length === 0 ? texts.readsNothing : texts.reads(names.join(", "));
  return [
    ...(user.id === me ? [texts.you] : []),
    shell.roles[user.role] ?? user.role,
    ...(user.role === "reader" ? [reads] : []),
    ...(user.hasPassword ? [] : [texts.waiting]),
  ];
}
