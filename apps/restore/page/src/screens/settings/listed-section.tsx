// A part of the settings that lists what there is and makes more of it: a button, the form behind it, the rows, and what is shown once of what was
// made just now.
import { Box, Button, Text } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { FailureNote } from "../../shell/failure.tsx";
import { Section } from "./section.tsx";
import { ShownOnce } from "./shown-once.tsx";

/** A secret that was made just now. */
export interface Once {
  readonly title: string;
  readonly text: string;
  readonly secret: string;
}

interface ListedSectionProps {
  readonly texts: { readonly title: string; readonly lead: string; readonly add: string; readonly none?: string };
  /** What the list was asked for with. */
  readonly asked: { readonly error: unknown; readonly refetch: () => unknown };
  /** Not there: they are not known yet. */
  readonly rows: readonly ReactNode[] | undefined;
  /** The form; `close` puts it away. */
  readonly form: (close: () => void) => ReactNode;
  /** Null: nothing was made. */
  readonly once: Once | null;
  readonly onOnceClosed: () => void;
}

const NOTHING: Once = { title: "", text: "", secret: "" };

export function ListedSection({ texts, asked, rows, form, once, onOnceClosed }: ListedSectionProps) {
  const [isAdding, setAdding] = useState(false);
  const add = (
    <Button variant="light" onClick={() => setAdding(true)}>
      {texts.add}
    </Button>
  );
  const { title, text, secret } = once ?? NOTHING;
  return (
    <Section title={texts.title} lead={texts.lead} action={isAdding ? null : add}>
      {isAdding ? form(() => setAdding(false)) : null}
      {asked.error === null ? null : <FailureNote error={asked.error} again={() => asked.refetch()} />}
      {rows?.length === 0 && !isAdding && texts.none !== undefined ? (
        <Text size="sm" c="dimmed">
          {texts.none}
        </Text>
      ) : null}
      <Box component="ul" m={0} p={0}>
        {rows}
      </Box>
      <ShownOnce title={title} text={text} secret={once === null ? null : secret} onClose={onOnceClosed} />
    </Section>
  );
}
