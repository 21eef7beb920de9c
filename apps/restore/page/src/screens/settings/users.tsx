// Who may sign in: invited by a one-time link, given a new one, removed. For administrators.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { send } from "../../api/client.ts";
import { asking } from "../../api/queries.ts";
import type { Answer } from "../../api/shapes.ts";
import { dateTime } from "../../texts/formats.ts";
import { settings } from "../../texts/settings.ts";
import { shell } from "../../texts/shell.ts";
import { ListedSection, type Once } from "./listed-section.tsx";
import { NewUser } from "./new-user.tsx";
import { Row } from "./section.tsx";
import { Sure } from "./sure.tsx";

const texts = settings.users;

type User = Answer<"get", "/users">["users"][number];
type Archive = Answer<"get", "/archives">["archives"][number];

/** `me`: the id of who is signed in, who is neither removed nor locked out by a wrong click. */
export function Users({ me }: { readonly me: number }) {
  const asked = useQuery(asking("/users", {}));
  const { data: held } = useQuery(asking("/archives", {}));
  const archives = held?.archives ?? [];
  const [once, setOnce] = useState<Once | null>(null);
  const show = (name: string, { token, expires }: Answer<"post", "/users">): void => {
    const until = expires === null ? "" : dateTime(expires);
    setOnce({ title: texts.linkTitle(name), text: texts.once(until), secret: linkOf(token) });
  };
  return (
    <ListedSection
      texts={texts}
      asked={asked}
      rows={asked.data?.users.map((user) => (
        <Row
          key={user.id}
          name={user.name}
          about={remarksOn(user, archives, me)}
          actions={user.id === me ? null : <UserActions user={user} onInvited={show} />}
        />
      ))}
      form={(close) => (
        <NewUser
          archives={archives}
          onMade={(name, made) => {
            close();
            show(name, made);
          }}
          onCancel={close}
        />
      )}
      once={once}
      onOnceClosed={() => setOnce(null)}
    />
  );
}

interface UserActionsProps {
  readonly user: User;
  readonly onInvited: (name: string, made: Answer<"post", "/users">) => void;
}

function UserActions({ user, onInvited }: UserActionsProps) {
  const params = { user: user.id };
  return (
    <>
      <Sure
        label={texts.again}
        named={texts.againNamed(user.name)}
        title={texts.againTitle(user.name)}
        text={texts.againText}
        isDangerous={false}
        act={async () => onInvited(user.name, await send("post", "/users/{user}/invitation", { params }))}
      />
      <Sure
        label={texts.remove}
        named={texts.removeNamed(user.name)}
        title={texts.removeTitle(user.name)}
        text={texts.removeText}
        isDangerous
        act={() => send("delete", "/users/{user}", { params })}
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
    ...(user.hasIdentity ? [texts.atProvider] : user.hasPassword ? [] : [texts.waiting]),
  ];
}
