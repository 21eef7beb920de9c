// Asks once more before something ends: a button, and the question behind it.
import { Button, Group, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Dialog } from "../../parts/dialog.tsx";
import { Failing } from "../../parts/failing.tsx";
import { settings } from "../../texts/settings.ts";

interface SureProps {
  /** On the button, and on the one that does it. */
  readonly label: string;
  /** For those who do not see which row the button stands in. */
  readonly named: string;
  readonly title: string;
  readonly text: string;
  readonly isDangerous: boolean;
  readonly act: () => Promise<unknown>;
}

export function Sure({ label, named, title, text, isDangerous, act }: SureProps) {
  const [isAsked, setAsked] = useState(false);
  const acting = useMutation({ mutationFn: act, onSuccess: () => setAsked(false) });
  return (
    <>
      <Button size="xs" variant="default" aria-label={named} onClick={() => setAsked(true)}>
        {label}
      </Button>
      <Dialog isOpen={isAsked} title={title} closes={settings.close} onClose={() => setAsked(false)}>
        <Stack gap="md">
          <Text size="sm">{text}</Text>
          <Failing error={acting.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setAsked(false)}>
              {settings.keep}
            </Button>
            <Button
              {...(isDangerous ? { color: "red" } : {})}
              loading={acting.isPending}
              onClick={() => acting.mutate()}
            >
              {label}
            </Button>
          </Group>
        </Stack>
      </Dialog>
    </>
  );
}
