// The fields by which somebody says when a link runs.
import { Radio, Stack, Switch, Text, TextInput } from "@mantine/core";
import { schedules } from "../../texts/accounts.ts";
import { SCHEDULE_KINDS, type ScheduleChoice, type ScheduleKind } from "./schedule.ts";

interface ScheduleFieldsProps {
  readonly choice: ScheduleChoice;
  readonly onChange: (choice: ScheduleChoice) => void;
}

/** Where the browser is. */
export const zoneHere = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

export function ScheduleFields({ choice, onChange }: ScheduleFieldsProps) {
  return (
    <Stack>
      <Radio.Group
        label={schedules.what}
        value={choice.kind}
        onChange={(kind) => onChange({ ...choice, kind: kind as ScheduleKind })}
      >
        <Stack gap="xs" mt="xs">
          {SCHEDULE_KINDS.map((kind) => (
            <Radio key={kind} value={kind} label={schedules.kinds[kind]} />
          ))}
        </Stack>
      </Radio.Group>
      {choice.kind === "night" ? (
        <TextInput
          type="time"
          label={schedules.time}
          value={choice.time}
          onChange={(event) => onChange({ ...choice, time: event.currentTarget.value })}
          w={140}
        />
      ) : null}
      {choice.kind === "custom" ? (
        <TextInput
          label={schedules.cron}
          description={schedules.cronHint}
          value={choice.cron}
          onChange={(event) => onChange({ ...choice, cron: event.currentTarget.value })}
        />
      ) : null}
      <Switch
        label={schedules.watch}
        checked={choice.watch}
        onChange={(event) => onChange({ ...choice, watch: event.currentTarget.checked })}
      />
      {choice.kind === "never" && !choice.watch ? null : (
        <Text size="sm" c="dimmed">
          {schedules.zone(zoneHere())} {schedules.worker}
        </Text>
      )}
    </Stack>
  );
}
