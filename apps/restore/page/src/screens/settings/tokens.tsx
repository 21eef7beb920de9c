// One's own tokens: made, shown once, revoked.
import { Box, Button, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { send } from "../../api/client.ts";
import { asking } from "../../api/queries.ts";
import type { Answer } from "../../api/shapes.ts";
import { FailureNote } from "../../shell/failure.tsx";
import { ago, dateTime } from "../../texts/formats.ts";
import { type Scope, settings } from "../../texts/settings.ts";
import { NewToken } from "./new-token.tsx";
import { Row, Section } from "./section.tsx";
import { ShownOnce } from "./shown-once.tsx";
import { Sure } from "./sure.tsx";

const texts = settings.tokens;

type Made = Answer<"post", "/tokens">;
type Token = Made["token"];

export function Tokens() {
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(asking("/tokens", {}));
  const [isAdding, setAdding] = useState(false);
  const [made, setMade] = useState<Made | null>(null);
  const changed = async (): Promise<void> => {
    await Promise.all([["/tokens"], ["/audit"]].map((queryKey) => client.invalidateQueries({ queryKey })));
  };
  const added = async (one: Made): Promise<void> => {
    setAdding(false);
    setMade(one);
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
      {isAdding ? <NewToken onMade={added} onCancel={() => setAdding(false)} /> : null}
      {error === null ? null : <FailureNote error={error} again={() => refetch()} />}
      {data?.tokens.length === 0 && !isAdding ? (
        <Text size="sm" c="dimmed">
          {texts.none}
        </Text>
      ) : null}
      <Box component="ul" m={0} p={0}>
        {data?.tokens.map((token) => (
          <Row
            key={token.id}
            name={token.name}
            about={remarksOn(token, Date.now())}
            actions={
              <Sure
                label={texts.revoke}
                named={texts.revokeNamed(token.name)}
                title={texts.revokeTitle(token.name)}
                text={texts.revokeText}
                isDangerous
                act={async () => {
                  await send("delete", "/tokens/{token}", { params: { token: token.id } });
                  await changed();
                }}
              />
            }
          />
        ))}
      </Box>
      <ShownOnce
        title={texts.made(made?.token.name ?? "")}
        text={texts.once}
        secret={made?.secret ?? null}
        onClose={() => setMade(null)}
      />
    </Section>
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
