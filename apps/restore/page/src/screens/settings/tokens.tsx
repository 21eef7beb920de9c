// One's own tokens: made, shown once, revoked.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { send } from "../../api/client.ts";
import { asking } from "../../api/queries.ts";
import type { Answer } from "../../api/shapes.ts";
import { ago, dateTime } from "../../texts/formats.ts";
import { type Scope, settings } from "../../texts/settings.ts";
import { ListedSection, type Once } from "./listed-section.tsx";
import { NewToken } from "./new-token.tsx";
import { Row } from "./section.tsx";
import { Sure } from "./sure.tsx";

const texts = settings.tokens;

type Token = Answer<"post", "/tokens">["token"];

export function Tokens() {
  const asked = useQuery(asking("/tokens", {}));
  const [once, setOnce] = useState<Once | null>(null);
  return (
    <ListedSection
      texts={texts}
      asked={asked}
      rows={asked.data?.tokens.map((token) => <TokenRow key={token.id} token={token} />)}
      form={(close) => (
        <NewToken
          onMade={({ token, secret }) => {
            close();
            setOnce({ title: texts.made(token.name), text: texts.once, secret });
          }}
          onCancel={close}
        />
      )}
      once={once}
      onOnceClosed={() => setOnce(null)}
    />
  );
}

function TokenRow({ token }: { readonly token: Token }) {
  return (
    <Row
      name={token.name}
      about={remarksOn(token, Date.now())}
      actions={
        <Sure
          label={texts.revoke}
          named={texts.revokeNamed(token.name)}
          title={texts.revokeTitle(token.name)}
          text={texts.revokeText}
          isDangerous
          act={() => send("delete", "/tokens/{token}", { params: { token: token.id } })}
        />
      }
    />
  );
}

function remarksOn({ scopes, created, expires, used }: Token, now: number): readonly string[] {
  return [
    scopes.map((scope) => texts.scope[scope as Scope] ?? scope).join(", "),
    ...(created === null ? [] : [texts.created(ago(created, now))]),
    used === null ? texts.unused : texts.used(ago(used, now)),
    expires === null ? texts.lasting : texts.expires(dateTime(expires)),
  ];
}
