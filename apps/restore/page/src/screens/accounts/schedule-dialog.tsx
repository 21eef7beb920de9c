// When a link runs, in a dialog: nothing is changed before it is saved.
import { Button, Group, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { send } from "../../api/client.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Failing } from "../../parts/failing.tsx";
import { schedules } from "../../texts/accounts.ts";
import { choiceOf, cronOf } from "./schedule.ts";
import { ScheduleFields, zoneHere } from "./schedule-fields.tsx";
import type { Link } from "./shapes.ts";

export function ScheduleDialog({ link, onClose }: { readonly link: Link; readonly onClose: () => void }) {
  const [choice, setChoice] = useState(() => choiceOf(link.schedule));
  const saving = useMutation({
    mutationFn: () =>
      send("put", "/links/{link}/schedule", {
        params: { link: link.link },
        body: {
          cron: cronOf(choice),
          watch: choice.watch,
          timeZone: zoneHere(),
          spreadSeconds: link.schedule?.spreadSeconds ?? 0,
        },
      }),
    onSuccess: onClose,
  });
  return (
    <Dialog isOpen title={schedules.title(link.account)} closes={schedules.cancel} onClose={onClose}>
      <form
        onChange={() => saving.reset()}
        onSubmit={(event) => {
          event.preventDefault();
          saving.mutate();
        }}
      >
        <Stack>
          <ScheduleFields choice={choice} onChange={setChoice} />
          <Failing error={saving.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {schedules.cancel}
            </Button>
            <Button type="submit" loading={saving.isPending}>
              {schedules.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
