// A secret that is shown once: a token, or the link of an invitation. It must never be kept anywhere by the page.
import { Button, CopyButton, Stack, Text, TextInput } from "@mantine/core";
import { Dialog } from "../../parts/dialog.tsx";
import { settings } from "../../texts/settings.ts";

interface ShownOnceProps {
  readonly title: string;
  readonly text: string;
  /** Null: nothing is shown. */
  readonly secret: string | null;
  readonly onClose: () => void;
}

export function ShownOnce({ title, text, secret, onClose }: ShownOnceProps) {
  return (
    <Dialog isOpen={secret !== null} title={title} closes={settings.close} onClose={onClose} closesOutside={false}>
      <Stack gap="md">
        <Text size="sm">{text}</Text>
        <TextInput
          readOnly
          aria-label={title}
          value={secret ?? ""}
          onFocus={(event) => event.currentTarget.select()}
          data-autofocus
        />
        <CopyButton value={secret ?? ""}>
          {({ copied, copy }) => <Button onClick={copy}>{copied ? settings.copied : settings.copy}</Button>}
        </CopyButton>
      </Stack>
    </Dialog>
  );
}
