// What a restore would do, before it is begun: what changes in the archive, what is sent to which account, and what stands in the way.
import { Alert, Anchor, List, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { jobs } from "../../texts/restore.ts";
import type { Job } from "./use-job.ts";

type RestorePreview = NonNullable<Extract<Job, { kind: "restore" }>["preview"]>;

/** On the colour of a note the accent would be too pale to read. */
const ON_A_NOTE = { size: "sm", c: "var(--mantine-color-text)", underline: "always" } as const;

/** To what a run holds back, where it is let through. */
export function ToHeld({ run }: { readonly run: number }) {
  return (
    <Anchor
      {...ON_A_NOTE}
      renderRoot={(props) => <Link {...props} to="/runs/held/$run" params={{ run: String(run) }} />}
    >
      {jobs.toHeld}
    </Anchor>
  );
}

export function Preview({ preview }: { readonly preview: RestorePreview }) {
  const lines = [...archiveLines(preview), ...accountLines(preview)];
  const writes = lines.length > 0 && preview.accounts.some(({ carriedOut }) => carriedOut);
  return (
    <Stack gap="md">
      <Title order={2} size="h4">
        {jobs.willHappen}
      </Title>
      {lines.length === 0 ? (
        <Text>{nothingHere(preview)}</Text>
      ) : (
        <List spacing="xs">
          {lines.map((line) => (
            <List.Item key={line}>
              <bdi>{line}</bdi>
            </List.Item>
          ))}
        </List>
      )}
      {writes ? (
        <Text size="sm" c="dimmed">
          {jobs.writes}
        </Text>
      ) : null}
      {preview.inTheWay.length === 0 ? null : (
        <Alert color="yellow" variant="light">
          <Stack gap="xs">
            <Text size="sm" fw={600}>
              {jobs.beforeYouBegin}
            </Text>
            {preview.inTheWay.map(({ code, text, run }) => (
              <div key={`${code} ${text}`}>
                <Text size="sm">{text}</Text>
                {run === undefined ? null : <ToHeld run={run} />}
              </div>
            ))}
            {preview.inTheWay.some(({ code }) => code === "NOT_ASKED") ? (
              <Anchor {...ON_A_NOTE} renderRoot={(props) => <Link {...props} to="/accounts" />}>
                {jobs.toAccounts}
              </Anchor>
            ) : null}
          </Stack>
        </Alert>
      )}
    </Stack>
  );
}

/** What happens when nothing does in the archive, and nothing of what was chosen is sent. */
function nothingHere({ inTheWay }: RestorePreview): string {
  const codes = new Set(inTheWay.map(({ code }) => code));
  return codes.has("ALSO_REMOVED") ? jobs.onlyThere : codes.has("ALSO_SENT") ? jobs.inArchive : jobs.nothing;
}

const nameOf = (path: readonly string[]): string => path.join("/");

function archiveLines({ totals, mailboxes, backMailboxes, renamed }: RestorePreview): readonly string[] {
  if (totals === null) return [];
  const [first, ...others] = mailboxes;
  const only = first === undefined || others.length > 0 ? null : nameOf(first.path);
  return [
    ...(totals.back > 0 ? [jobs.back(totals.back, only)] : []),
    ...(totals.moved > 0 ? [jobs.moved(totals.moved)] : []),
    ...(totals.flagged > 0 ? [jobs.flagged(totals.flagged)] : []),
    ...(totals.removed > 0 ? [jobs.removed(totals.removed)] : []),
    ...(backMailboxes.length > 0 ? [jobs.mailboxesBack(backMailboxes.map(nameOf).join(", "))] : []),
    ...renamed.map(({ from, to }) => jobs.renamed(nameOf(from), nameOf(to))),
  ];
}

function accountLines({ accounts }: RestorePreview): readonly string[] {
  return accounts.flatMap(({ account, mayWrite, carriedOut, toAppend, bytes, alreadyThere }) =>
    !mayWrite && !carriedOut
      ? []
      : [
          ...(toAppend > 0 ? [jobs.sent(account, toAppend, bytes)] : []),
          ...(alreadyThere > 0 ? [jobs.there(alreadyThere)] : []),
        ],
  );
}
