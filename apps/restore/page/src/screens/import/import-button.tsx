// The way into an import, for whoever may add mail to an archive.
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { asksMe } from "../../api/queries.ts";
import { imports } from "../../texts/import.ts";
import { ImportDialog } from "./import-dialog.tsx";

interface Props {
  readonly archive: number;
  readonly name: string;
}

export function ImportButton({ archive, name }: Props) {
  const { data: me } = useQuery(asksMe);
  const [isOpen, setOpen] = useState(false);
  if (me?.user.role !== "admin") return null;
  return (
    <>
      <Button variant="subtle" size="compact-sm" mx="sm" mb="md" onClick={() => setOpen(true)}>
        {imports.open}
      </Button>
      {isOpen ? <ImportDialog archive={archive} name={name} onClose={() => setOpen(false)} /> : null}
    </>
  );
}
