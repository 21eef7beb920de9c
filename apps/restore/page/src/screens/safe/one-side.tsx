// Mail that only the server has, or only the archive, and that no run will settle: said in a sentence, with what carries it out. It must never do
// anything by itself: whoever presses a button is shown first what would happen.
import { Button, Group, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { send } from "../../api/client.ts";
import { Failing } from "../../parts/failing.tsx";
import { safe } from "../../texts/safe.ts";
import { GoneLinks } from "../runs/gone-links.tsx";
import { carriedOutOf, type Link, removedThereOf, restoreOf } from "./standing.ts";

interface OneSideProps {
  readonly link: Link;
  readonly mayChange: boolean;
}

export function OneSide({ link, mayChange }: OneSideProps) {
  const { onlyOnServer: lacking, onlyInArchive: unsent, archiveId } = link;
  return (
    <>
      {lacking === null ? null : (
        <Stack gap="xs">
          <Text maw={720}>{safe.onlyOnServer(lacking.messages)}</Text>
          <Group gap="md">
            {mayChange ? (
              <>
                <Asking label={safe.actions.bringBack} archive={archiveId} body={restoreOf(link.link, lacking)} />
                <Asking
                  isLesser
                  label={safe.actions.removeThere}
                  archive={archiveId}
                  body={removedThereOf(link.link)}
                />
              </>
            ) : null}
            <GoneLinks archive={archiveId} before={lacking.before} after={lacking.after} />
          </Group>
        </Stack>
      )}
      {unsent === 0 ? null : (
        <Stack gap="xs" align="flex-start">
          <Text maw={720}>{safe.onlyInArchive(unsent)}</Text>
          {mayChange ? (
            <Asking label={safe.actions.putThere} archive={archiveId} body={carriedOutOf(link.link)} />
          ) : null}
        </Stack>
      )}
    </>
  );
}

interface AskingProps {
  /** Not what is most likely meant. Default: it is. */
  readonly isLesser?: boolean;
  readonly label: string;
  readonly archive: number;
  readonly body: ReturnType<typeof carriedOutOf>;
}

/** Makes the restore and leads to what it would do. */
function Asking({ isLesser = false, label, archive, body }: AskingProps) {
  const navigate = useNavigate();
  const asked = useMutation({
    mutationFn: () => send("post", "/archives/{archive}/restores", { params: { archive }, body }),
    onSuccess: ({ job }) => navigate({ to: "/jobs/$job", params: { job } }),
  });
  return (
    <>
      <Button variant={isLesser ? "default" : "light"} loading={asked.isPending} onClick={() => asked.mutate()}>
        {label}
      </Button>
      <Failing error={asked.error} />
    </>
  );
}
