// The question before what is held back goes: how much of what, and a sign that it was looked at. Closed, nothing has happened.
import { Button, Checkbox, Group, List, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { send } from "../../api/client.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Failing } from "../../parts/failing.tsx";
import { halts } from "../../texts/runs.ts";
import type { Halt } from "./shapes.ts";

interface ApproveDialogProps {
  readonly halt: Halt;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function ApproveDialog({ halt, isOpen, onClose }: ApproveDialogProps) {
  const [isSeen, setSeen] = useState(false);
  const approving = useMutation({
    mutationFn: () =>
      send("post", "/runs/{run}/approve", { params: { run: halt.run }, body: { messages: halt.messages } }),
    onSuccess: onClose,
  });
  return (
    <Dialog isOpen={isOpen} title={halts.confirmTitle} closes={halts.cancel} onClose={onClose}>
      <Stack>
        <List>
          {halt.mailboxes.map(({ mailbox, kind, messages }) => (
            <List.Item key={`${mailbox} ${kind}`}>
              {mailbox}: {halts.kinds[kind](messages)}
            </List.Item>
          ))}
        </List>
        <Checkbox label={halts.confirm} checked={isSeen} onChange={(event) => setSeen(event.currentTarget.checked)} />
        <Failing error={approving.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {halts.cancel}
          </Button>
          <Button color="red" disabled={!isSeen} loading={approving.isPending} onClick={() => approving.mutate()}>
            {halts.approve(halt.messages)}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
