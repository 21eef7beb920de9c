// What a link does: its rights, what becomes of removed mail, its mailboxes. Nothing is changed before it is saved, and no right is given by default.
import { Button, Checkbox, Group, Select, Stack, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { send } from "../../api/client.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Failing } from "../../parts/failing.tsx";
import { rights } from "../../texts/accounts.ts";
import type { Link } from "./shapes.ts";

type Removals = Link["removals"];

const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

export function RightsDialog({ link, onClose }: { readonly link: Link; readonly onClose: () => void }) {
  const [pull, setPull] = useState(link.pull);
  const [push, setPush] = useState(link.push);
  // Null: nobody chose here, and the server lets it follow the rights.
  const [removals, setRemovals] = useState<Removals | null>(null);
  const [include, setInclude] = useState(link.include.join("\n"));
  const [exclude, setExclude] = useState(link.exclude.join("\n"));
  const saving = useMutation({
    mutationFn: () =>
      send("patch", "/links/{link}", {
        params: { link: link.link },
        body: {
          pull,
          push,
          ...(removals === null ? {} : { removals }),
          include: linesOf(include),
          exclude: linesOf(exclude),
        },
      }),
    onSuccess: onClose,
  });
  return (
    <Dialog isOpen title={rights.title(link.account)} closes={rights.cancel} onClose={onClose} size="lg">
      <form
        onChange={() => saving.reset()}
        onSubmit={(event) => {
          event.preventDefault();
          saving.mutate();
        }}
      >
        <Stack>
          <Checkbox label={rights.pull} checked={pull} onChange={(event) => setPull(event.currentTarget.checked)} />
          <Checkbox
            label={rights.push}
            description={rights.pushHint}
            checked={push}
            onChange={(event) => setPush(event.currentTarget.checked)}
          />
          {push ? (
            <Select
              label={rights.removals}
              data={(["mirror", "trash", "never"] as const).map((value) => ({
                value,
                label: rights.removalKinds[value],
              }))}
              value={removals ?? (link.push ? link.removals : pull ? "mirror" : "never")}
              onChange={(value) => setRemovals(value as Removals)}
              allowDeselect={false}
            />
          ) : null}
          <Textarea
            label={rights.include}
            description={rights.includeHint}
            value={include}
            onChange={(event) => setInclude(event.currentTarget.value)}
            autosize
            minRows={2}
          />
          <Textarea
            label={rights.exclude}
            description={rights.excludeHint}
            value={exclude}
            onChange={(event) => setExclude(event.currentTarget.value)}
            autosize
            minRows={2}
          />
          <Failing error={saving.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {rights.cancel}
            </Button>
            <Button type="submit" loading={saving.isPending}>
              {rights.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
