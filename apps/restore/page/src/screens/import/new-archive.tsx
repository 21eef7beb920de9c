// The way to an archive that no account fills: for mail that is brought in from files. For administrators.
import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { send } from "../../api/client.ts";
import { asksMe } from "../../api/queries.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Failing } from "../../parts/failing.tsx";
import { newArchive as texts } from "../../texts/import.ts";

export function NewArchiveButton() {
  const { data: me } = useQuery(asksMe);
  const [isOpen, setOpen] = useState(false);
  if (me?.user.role !== "admin") return null;
  return (
    <>
      <Button variant="subtle" size="compact-sm" mx="sm" mb="md" onClick={() => setOpen(true)}>
        {texts.open}
      </Button>
      {isOpen ? <NewArchiveDialog onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function NewArchiveDialog({ onClose }: { readonly onClose: () => void }) {
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const making = useMutation({
    mutationFn: () => send("post", "/archives", { body: { name: name.trim() } }),
    onSuccess: async ({ archive }) => {
      onClose();
      await navigate({ to: "/mail", search: { archive } });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    making.mutate();
  };
  return (
    <Dialog isOpen title={texts.title} closes={texts.cancel} onClose={onClose}>
      <form onSubmit={submit} onChange={() => making.reset()}>
        <Stack>
          <Text size="sm">{texts.lead}</Text>
          <TextInput
            label={texts.name}
            required
            withAsterisk={false}
            maxLength={200}
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Failing error={making.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {texts.cancel}
            </Button>
            <Button type="submit" loading={making.isPending} disabled={name.trim() === ""}>
              {texts.submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
