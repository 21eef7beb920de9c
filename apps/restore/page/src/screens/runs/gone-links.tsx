// From messages that a server had no more to where they are: the mail as it was before, and the list of exactly these.
import { Group } from "@mantine/core";
import { TextLink } from "../../parts/button-link.tsx";
import { report as words } from "../../texts/runs.ts";

interface Props {
  readonly archive: number;
  /** Revisions of the archive, before they left it and after. */
  readonly before: number;
  readonly after: number;
}

export function GoneLinks({ archive, before, after }: Props) {
  return (
    <Group gap="md">
      <TextLink to="/mail" search={{ archive, at: before }} size="sm">
        {words.asTheyWere}
      </TextLink>
      <TextLink to="/compare" search={{ archive, from: before, to: after, kind: "removed" }} size="sm">
        {words.which}
      </TextLink>
    </Group>
  );
}
