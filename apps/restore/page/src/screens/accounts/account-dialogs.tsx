// What is done to one account: a new password, a test, its removal.
import { Button, Group, Loader, Stack, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { send } from "../../api/client.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Failing, Refused } from "../../parts/failing.tsx";
import { accounts } from "../../texts/accounts.ts";
import { sumOf } from "./facts.ts";
import { PasswordForm } from "./password-form.tsx";
import type { Account } from "./shapes.ts";

interface DialogProps {
  readonly account: Account;
  readonly onClose: () => void;
}

export function PasswordDialog({ account, onClose }: DialogProps) {
  const { passwordDialog: words } = accounts;
  const params = { account: account.account };
  return (
    <Dialog isOpen title={words.title(account.name)} closes={words.cancel} onClose={onClose}>
      <PasswordForm
        label={words.label}
        submit={words.submit}
        send={(password) => send("put", "/accounts/{account}/password", { params, body: { password } })}
        onTaken={onClose}
        beside={
          <Button variant="default" onClick={onClose}>
            {words.cancel}
          </Button>
        }
      />
    </Dialog>
  );
}

export function TestDialog({ account, onClose }: DialogProps) {
  const { testDialog: words } = accounts;
  const { data, error } = useQuery({
    queryKey: ["test", account.account],
    queryFn: () => send("post", "/accounts/{account}/test", { params: { account: account.account } }),
    retry: false,
    staleTime: "static",
    gcTime: 0,
  });
  return (
    <Dialog isOpen title={words.title(account.name)} closes={words.close} onClose={onClose}>
      <Stack>
        {data === undefined && error === null ? (
          <Group role="status">
            <Loader size="sm" aria-hidden />
            <Text>{words.testing}</Text>
          </Group>
        ) : null}
        {data?.outcome === "signedIn" ? (
          <div role="status">
            <Text>{words.good(sumOf(data.facts).mailboxes, sumOf(data.facts).messages)}</Text>
            {data.facts.quota
              .filter(({ resource }) => resource === "STORAGE")
              .map(({ used, limit }) => (
                <Text key={limit}>{words.quota(used, limit)}</Text>
              ))}
          </div>
        ) : null}
        <Refused tried={data} />
        <Failing error={error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {words.close}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

export function RemoveDialog({ account, onClose }: DialogProps) {
  const { removeDialog: words } = accounts;
  const removing = useMutation({
    mutationFn: () => send("delete", "/accounts/{account}", { params: { account: account.account } }),
    onSuccess: onClose,
  });
  return (
    <Dialog isOpen title={words.title(account.name)} closes={words.cancel} onClose={onClose}>
      <Stack>
        <Text>{words.lead}</Text>
        <Failing error={removing.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {words.cancel}
          </Button>
          <Button color="red" loading={removing.isPending} onClick={() => removing.mutate()}>
            {words.submit}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
