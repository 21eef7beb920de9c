// Takes up a one-time link: its token stands in the fragment of the address, which no browser sends and no log keeps, and is taken out of the
// address as soon as it was read. Then a password is chosen, and whoever chose it is signed in by it; or a provider is, where there is one.
import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useEffect, useState } from "react";
import { send } from "../../api/client.ts";
import { Problem, sentenceOf } from "../../api/problem.ts";
import { asksMe, CHANGES_NOTHING, changeMe } from "../../api/queries.ts";
import { welcome } from "../../texts/shell.ts";
import { Panel } from "./panel.tsx";
import { ProviderButton } from "./provider-button.tsx";

export function WelcomeScreen() {
  const token = useTokenOnce();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [password, setPassword] = useState("");
  const choosing = useMutation({
    mutationFn: async () => {
      const { name } = await send("post", "/invitations/take-up", { body: { token, password } });
      return await send("post", "/sign-in", { body: { name, password } });
    },
    meta: CHANGES_NOTHING,
    onSuccess: async (me) => {
      changeMe(client, me);
      await navigate({ to: "/", replace: true });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    choosing.mutate();
  };
  const { data: me } = useQuery(asksMe);
  const invited = useQuery({
    queryKey: ["invited"],
    queryFn: () => send("post", "/invitations/look-up", { body: { token } }),
    // Whoever is signed in, perhaps as somebody else, has to show that our own page asks.
    enabled: token !== "" && me !== undefined,
    retry: false,
    staleTime: "static",
    gcTime: 0,
  });
  const error = invited.error ?? choosing.error;
  const isSpent = error instanceof Problem && error.code === "NOT_ALLOWED";
  return (
    <Panel title={welcome.title} lead={token === "" ? welcome.noToken : welcome.lead}>
      {error === null ? null : (
        <Alert color="red" role="alert">
          {isSpent ? welcome.spent : sentenceOf(error)}
        </Alert>
      )}
      {isSpent ? <Button renderRoot={(props) => <Link {...props} to="/" />}>{welcome.toSignIn}</Button> : null}
      {invited.data === undefined || isSpent ? null : (
        <form onSubmit={submit}>
          <Stack gap="md">
            <TextInput
              label={welcome.name}
              description={welcome.nameHint}
              name="username"
              autoComplete="username"
              readOnly
              variant="filled"
              value={invited.data.name}
            />
            <PasswordInput
              label={welcome.password}
              description={welcome.hint}
              name="new-password"
              autoComplete="new-password"
              autoFocus
              required
              withAsterisk={false}
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
            <Button type="submit" loading={choosing.isPending} fullWidth>
              {welcome.submit}
            </Button>
          </Stack>
        </form>
      )}
      {invited.data === undefined || isSpent ? null : <ProviderButton invitation={token} />}
    </Panel>
  );
}

/** What the fragment holds when the screen opens; from then on neither the address nor the history has it. */
function useTokenOnce(): string {
  const [token] = useState(() => window.location.hash.replace(/^#/, ""));
  useEffect(() => {
    if (window.location.hash !== "") window.history.replaceState(window.history.state, "", window.location.pathname);
  }, []);
  return token;
}
