// One's own tokens: made, shown once, revoked.
import { useQuery, useQueryClient } from "@tanstack/react-query";
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
  const client = useQueryClient();
  const asked = useQuery(asking("/tokens", {}));
  const [once, setOnce] = useState<Once | null>(null);
  const changed = async (): Promise<void> => {
    await Promise.all([["/tokens"], ["/audit"]].map((queryKey) => client.invalidateQueries({ queryKey })));
  };
  return (
    <ListedSection
      texts={texts}
      asked={asked}
      rows={asked.data?.tokens.map((token) => <TokenRow key={token.id} token={token} onChanged={changed} />)}
      form={(close) => (
        <NewToken
          onMade={async ({ token, secret }) => {
            close();
            setOnce({ title: texts.made(token.name), text: texts.once, secret });
            await changed();
          }}
          onCancel={close}
        />
      )}
      once={once}
      onOnceClosed={() => setOnce(null)}
    />
  );
}

function TokenRow({ token, onChanged }: { readonly token: Token; readonly onChanged: () => Promise<void> }) {
  const revoke = async (): Promise<void> => {
    await send("delete", "/tokens/{token}", { params: { token: token.id } });
    await onChanged();
  };
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
          act={revoke}
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
