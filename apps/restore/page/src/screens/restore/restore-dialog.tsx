// Asks what is to be restored and where to; then the job's own screen shows what would happen. It must never begin anything by itself.
import { Button, Checkbox, Group, Radio, Select, Stack, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { send } from "../../api/client.ts";
import { asking, asksMe } from "../../api/queries.ts";
import type { Given } from "../../api/shapes.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Failing } from "../../parts/failing.tsx";
import { dateTime } from "../../texts/formats.ts";
import { restore } from "../../texts/restore.ts";
import { type Scope, type Shown, scopesOf, selectionOf } from "./what.ts";

type Format = Given<"post", "/archives/{archive}/exports">["body"]["format"];
export type Where = "place" | "account" | "download";

interface Props {
  readonly shown: Shown;
  /** Where to, until somebody chooses. Default: back where it was if it is of the past, else a download. */
  readonly where?: Where;
  readonly onClose: () => void;
}

/** What is chosen in the dialog. */
interface Choice {
  readonly scope: Scope;
  readonly where: Where;
  readonly account: string | null;
  readonly format: Format;
  readonly removesSince: boolean;
  readonly mayWrite: boolean;
}

export function RestoreDialog({ shown, where, onClose }: Props) {
  const { data: me } = useQuery(asksMe);
  const navigate = useNavigate();
  const isAdmin = me?.user.role === "admin";
  const scopes = scopesOf(shown);
  const [choice, setChoice] = useState<Choice>({
    scope: scopes[0] ?? "everything",
    where: where ?? (isAdmin && shown.past !== null ? "place" : "download"),
    account: null,
    format: "zip",
    removesSince: false,
    mayWrite: true,
  });
  const change = (part: Partial<Choice>): void => setChoice((before) => ({ ...before, ...part }));
  const asked = useMutation({
    mutationFn: () => ask(shown, choice),
    onSuccess: ({ job }) => navigate({ to: "/jobs/$job", params: { job } }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    asked.mutate();
  };
  return (
    <Dialog isOpen title={restore.title} closes={restore.close} onClose={onClose} size="lg">
      <form onSubmit={submit}>
        <Stack gap="lg">
          <Radio.Group
            label={restore.what}
            description={shown.past === null ? restore.asNow : restore.as(dateTime(shown.past))}
            value={choice.scope}
            onChange={(scope) => change({ scope: scope as Scope })}
          >
            <Stack gap="xs" mt="xs">
              {scopes.map((scope) => (
                <Radio key={scope} value={scope} label={scopeName(scope, shown)} />
              ))}
            </Stack>
          </Radio.Group>
          <WhereTo isAdmin={isAdmin} isPast={shown.past !== null} choice={choice} onChange={change} />
          <Failing error={asked.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {restore.cancel}
            </Button>
            <Button
              type="submit"
              loading={asked.isPending}
              disabled={choice.where === "account" && choice.account === null}
            >
              {choice.where === "download" ? restore.make : restore.look}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

interface WhereProps {
  readonly isAdmin: boolean;
  readonly isPast: boolean;
  readonly choice: Choice;
  readonly onChange: (part: Partial<Choice>) => void;
}

function WhereTo({ isAdmin, isPast, choice, onChange }: WhereProps) {
  return (
    <Radio.Group label={restore.where} value={choice.where} onChange={(where) => onChange({ where: where as Where })}>
      <Stack gap="md" mt="xs">
        {isAdmin ? (
          <>
            <Radio
              value="place"
              label={restore.place}
              description={isPast ? restore.placeHint : restore.placeNow}
              disabled={!isPast}
            />
            {choice.where === "place" ? <InPlace choice={choice} onChange={onChange} /> : null}
            <Radio value="account" label={restore.account} description={restore.accountHint} />
            {choice.where === "account" ? <OtherAccount choice={choice} onChange={onChange} /> : null}
          </>
        ) : null}
        <Radio value="download" label={restore.download} />
        {choice.where === "download" ? (
          <Select
            ml="xl"
            label={restore.format}
            allowDeselect={false}
            value={choice.format}
            onChange={(format) => format !== null && onChange({ format: format as Format })}
            data={Object.entries(restore.formats).map(([value, label]) => ({ value, label }))}
          />
        ) : null}
      </Stack>
    </Radio.Group>
  );
}

function InPlace({ choice, onChange }: Pick<WhereProps, "choice" | "onChange">) {
  return (
    <Stack gap="xs" ml="xl">
      <Checkbox
        label={restore.write}
        description={restore.writeHint}
        checked={choice.mayWrite}
        onChange={(event) => onChange({ mayWrite: event.currentTarget.checked })}
      />
      <Checkbox
        label={restore.since}
        checked={choice.removesSince}
        onChange={(event) => onChange({ removesSince: event.currentTarget.checked })}
      />
    </Stack>
  );
}

function OtherAccount({ choice, onChange }: Pick<WhereProps, "choice" | "onChange">) {
  const { data } = useQuery(asking("/accounts", {}));
  const names = data?.accounts.map(({ name }) => name) ?? [];
  if (data !== undefined && names.length === 0) return <Text size="sm">{restore.noAccount}</Text>;
  return (
    <Select
      ml="xl"
      label={restore.accountName}
      data={names}
      value={choice.account}
      onChange={(account) => onChange({ account })}
    />
  );
}

function scopeName(scope: Scope, { mailbox = [], selected = [] }: Shown): string {
  const name = mailbox.join("/");
  if (scope === "selected") return restore.scopes.selected(selected.length);
  if (scope === "mailbox") return restore.scopes.mailbox(name);
  return scope === "below" ? restore.scopes.below(name) : restore.scopes[scope];
}

/** Makes the job. Throws Problem. */
async function ask(shown: Shown, choice: Choice) {
  const params = { archive: shown.archive };
  const at = String(shown.revision);
  const selection = selectionOf(shown, choice.scope);
  if (choice.where === "download")
    return await send("post", "/archives/{archive}/exports", {
      params,
      body: { at, selection, format: choice.format },
    });
  const to =
    choice.where === "account"
      ? { kind: "account" as const, account: choice.account ?? "" }
      : {
          kind: "place" as const,
          whatCameSince: choice.removesSince ? ("remove" as const) : ("keep" as const),
          carryOut: choice.mayWrite,
        };
  return await send("post", "/archives/{archive}/restores", { params, body: { at, selection, to } });
}
