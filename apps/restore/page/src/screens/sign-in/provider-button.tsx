// The way to a provider of sign-ins, where there is one: the browser is sent there and comes back to /signed-in.
import { Button, Divider, Stack } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { send } from "../../api/client.ts";
import { asking, CHANGES_NOTHING } from "../../api/queries.ts";
import { Failing } from "../../parts/failing.tsx";
import { signIn } from "../../texts/shell.ts";

/** `invitation`: a one-time link that is taken up by it. */
export function ProviderButton({ invitation }: { readonly invitation?: string }) {
  const { data } = useQuery(asking("/sign-in/provider", {}));
  const going = useMutation({
    mutationFn: () => send("post", "/sign-in/provider/begin", { body: invitation === undefined ? {} : { invitation } }),
    meta: CHANGES_NOTHING,
    onSuccess: ({ page }) => window.location.assign(page),
  });
  const name = data?.provider ?? null;
  if (name === null) return null;
  return (
    <Stack gap="md">
      <Divider label={signIn.or} />
      <Failing error={going.error} />
      <Button variant="default" fullWidth loading={going.isPending || going.isSuccess} onClick={() => going.mutate()}>
        {signIn.at(name)}
      </Button>
    </Stack>
  );
}
