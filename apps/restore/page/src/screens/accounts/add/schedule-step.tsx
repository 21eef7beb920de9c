// The last step: when it is brought up to date. Saved, the first run is asked for.
import { Button, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { send } from "../../../api/client.ts";
import { Failing } from "../../../parts/failing.tsx";
import { useRunNow } from "../../../parts/run-now.ts";
import { adding } from "../../../texts/accounts.ts";
import { cronOf, FIRST_CHOICE } from "../schedule.ts";
import { ScheduleFields, zoneHere } from "../schedule-fields.tsx";
import type { Adding } from "./adding.ts";

const { schedule: words } = adding;

export function ScheduleStep({ link, onNext }: { readonly link: number; readonly onNext: (next: Adding) => void }) {
  const { ask } = useRunNow();
  const [choice, setChoice] = useState(FIRST_CHOICE);
  const saving = useMutation({
    mutationFn: async () => {
      const body = { cron: cronOf(choice), watch: choice.watch, timeZone: zoneHere() };
      await send("put", "/links/{link}/schedule", { params: { link }, body });
      return await ask({ link, lastRun: null });
    },
    onSuccess: ({ by }) => onNext({ step: "done", by }),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        saving.mutate();
      }}
    >
      <Stack>
        <ScheduleFields choice={choice} onChange={setChoice} />
        <Failing error={saving.error} />
        <Button type="submit" loading={saving.isPending} w="fit-content">
          {words.submit}
        </Button>
      </Stack>
    </form>
  );
}
