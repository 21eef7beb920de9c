// A question over the screen. The library's own head of it is a banner to screen readers, of which a page has one; here it is a plain line.
import { Group, Modal } from "@mantine/core";
import type { ReactNode } from "react";

interface DialogProps {
  readonly isOpen: boolean;
  readonly title: string;
  /** What the sign that closes it is called. */
  readonly closes: string;
  readonly onClose: () => void;
  /** Default: md. */
  readonly size?: "md" | "lg" | "xl";
  /** A click beside it closes it, too. Default: true. */
  readonly closesOutside?: boolean;
  readonly children: ReactNode;
}

export function Dialog({ isOpen, title, closes, onClose, size = "md", closesOutside = true, children }: DialogProps) {
  return (
    <Modal.Root opened={isOpen} onClose={onClose} closeOnClickOutside={closesOutside} centered size={size}>
      <Modal.Overlay />
      <Modal.Content>
        <Group justify="space-between" wrap="nowrap" align="flex-start" p="md" pb={0}>
          <Modal.Title fw={600} lh={1.35} style={{ overflowWrap: "anywhere" }}>
            {title}
          </Modal.Title>
          <Modal.CloseButton aria-label={closes} />
        </Group>
        <Modal.Body pt="md">{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
