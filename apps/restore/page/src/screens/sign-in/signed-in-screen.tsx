// Where a provider of sign-ins sends the browser back to. What it brought stands in the address, is handed in once, and taken out of the address at
// once: a reload must not hand it in again.
import { Anchor, Center, Loader } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { send } from "../../api/client.ts";
import { asksMe, CHANGES_NOTHING, changeMe } from "../../api/queries.ts";
import { Failing } from "../../parts/failing.tsx";
import { signIn } from "../../texts/shell.ts";
import { Panel } from "./panel.tsx";

export function SignedInScreen() {
  const [answer] = useState(() => window.location.search.replace(/^\?/, ""));
  const isHandedIn = useRef(false);
  const client = useQueryClient();
  const navigate = useNavigate();
  const entering = useMutation({
    mutationFn: async () => {
      // Somebody may be signed in already: then this, too, is a change that must be proved to be the page's.
      await client.fetchQuery(asksMe);
      return await send("post", "/sign-in/provider/finish", { body: { answer } });
    },
    meta: CHANGES_NOTHING,
    onSuccess: async (me) => {
      changeMe(client, me);
      await navigate({ to: "/", replace: true });
    },
  });
  useEffect(() => {
    if (isHandedIn.current) return;
    isHandedIn.current = true;
    window.history.replaceState(window.history.state, "", window.location.pathname);
    entering.mutate();
  }, [entering]);
  return (
    <Panel title={signIn.title} lead={entering.isError ? signIn.notIn : signIn.entering}>
      {entering.isError ? (
        <>
          <Failing error={entering.error} />
          <Anchor renderRoot={(props) => <Link {...props} to="/" replace />}>{signIn.back}</Anchor>
        </>
      ) : (
        <Center>
          <Loader aria-label={signIn.entering} />
        </Center>
      )}
    </Panel>
  );
}
