// What is done with an account: into which archive, in which direction, which mailboxes, when.
import { Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { accounts } from "../../texts/accounts.ts";
import { RightsDialog } from "./rights-dialog.tsx";
import { scheduleWords } from "./schedule.ts";
import { ScheduleDialog } from "./schedule-dialog.tsx";
import type { Link } from "./shapes.ts";

export function LinkRow({ link }: { readonly link: Link }) {
  const [open, setOpen] = useState<"schedule" | "rights" | null>(null);
  const { link: words } = accounts;
  const does = link.pull && link.push ? words.both : link.push ? words.pushes : words.pulls;
  const close = (): void => setOpen(null);
  return (
    <Group justify="space-between" gap="md">
      <Stack gap={0}>
        <Text>
          {[
            does,
            ...(link.include.length > 0 ? [words.only(link.include.join(", "))] : []),
            ...(link.exclude.length > 0 ? [words.without(link.exclude.join(", "))] : []),
          ].join(", ")}
        </Text>
        <Text size="sm" c="dimmed">
          {words.into(link.archive)} · {scheduleWords(link.schedule)}
        </Text>
      </Stack>
      <Group gap="xs">
        <Button variant="default" size="sm" onClick={() => setOpen("schedule")}>
          {words.schedule}
        </Button>
        <Button variant="default" size="sm" onClick={() => setOpen("rights")}>
          {words.change}
        </Button>
      </Group>
      {open === "schedule" ? <ScheduleDialog link={link} onClose={close} /> : null}
      {open === "rights" ? <RightsDialog link={link} onClose={close} /> : null}
    </Group>
  );
}
