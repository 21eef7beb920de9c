// The way into a restore from whatever is shown.
import { Button } from "@mantine/core";
import { useState } from "react";
import { restore } from "../../texts/restore.ts";
import { RestoreDialog } from "./restore-dialog.tsx";
import type { Shown } from "./what.ts";

export function RestoreButton({ shown }: { readonly shown: Shown }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button variant={shown.past === null ? "default" : "filled"} size="compact-sm" onClick={() => setOpen(true)}>
        {restore.open}
      </Button>
      {isOpen ? <RestoreDialog shown={shown} onClose={() => setOpen(false)} /> : null}
    </>
  );
}
