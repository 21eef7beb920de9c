// Asks for a file and where its mail is to go, sends it, and leads to the job that reads it. What is sent already when it is stopped is thrown away.
import { Button, FileInput, Group, Progress, Radio, Select, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { sendFile } from "../../api/client.ts";
import { asking } from "../../api/queries.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Failing } from "../../parts/failing.tsx";
import { imports } from "../../texts/import.ts";
import { type Choice, type Place, queryOf } from "./choice.ts";

interface Props {
  readonly archive: number;
  /** Of the archive. */
  readonly name: string;
  readonly onClose: () => void;
}

export function ImportDialog({ archive, name, onClose }: Props) {
  const navigate = useNavigate();
  const { data: taken } = useQuery(asking("/imports", {}));
  const [file, setFile] = useState<File | null>(null);
  const [choice, setChoice] = useState<Choice>({ place: "own", mailbox: imports.nameDefault, format: "auto" });
  const [sent, setSent] = useState(0);
  const stop = useRef<AbortController | null>(null);
  // Whoever goes elsewhere does not want it any more.
  useEffect(() => () => stop.current?.abort(), []);
  const sending = useMutation({
    mutationFn: (chosen: File) => {
      const stopping = new AbortController();
      stop.current = stopping;
      setSent(0);
      const given = { params: { archive }, query: queryOf(chosen, choice) };
      return sendFile("/archives/{archive}/imports", given, chosen, setSent, stopping.signal);
    },
    onSuccess: ({ job }) => navigate({ to: "/jobs/$job", params: { job } }),
  });
  const isTooLarge = file !== null && taken !== undefined && file.size > taken.most;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (file !== null && !isTooLarge) sending.mutate(file);
  };
  const close = (): void => {
    stop.current?.abort();
    onClose();
  };
  return (
    <Dialog isOpen title={imports.title(name)} closes={imports.close} onClose={close} size="lg">
      <form onSubmit={submit}>
        <Stack gap="lg">
          <FileInput
            label={imports.file}
            description={imports.fileHint}
            placeholder={imports.choose}
            value={file}
            onChange={setFile}
            error={isTooLarge ? imports.tooLarge(taken.most) : undefined}
            disabled={sending.isPending}
            data-autofocus
          />
          <Where choice={choice} onChange={(part) => setChoice((before) => ({ ...before, ...part }))} />
          <Text size="sm" c="dimmed">
            {imports.note}
          </Text>
          {sending.isPending && file !== null ? <Sent sent={sent} of={file.size} /> : null}
          <Failing error={isAbort(sending.error) ? null : sending.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={sending.isPending ? () => stop.current?.abort() : close}>
              {sending.isPending ? imports.stop : imports.cancel}
            </Button>
            <Button type="submit" loading={sending.isPending} disabled={file === null || isTooLarge}>
              {imports.submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

/** Whoever stops it knows. */
const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === "AbortError";

interface WhereProps {
  readonly choice: Choice;
  readonly onChange: (part: Partial<Choice>) => void;
}

function Where({ choice, onChange }: WhereProps) {
  return (
    <>
      <Radio.Group label={imports.where} value={choice.place} onChange={(place) => onChange({ place: place as Place })}>
        <Stack gap="xs" mt="xs">
          {Object.entries(imports.places).map(([value, label]) => (
            <Radio key={value} value={value} label={label} />
          ))}
        </Stack>
      </Radio.Group>
      {choice.place === "own" ? null : (
        <TextInput
          label={imports.name}
          description={imports.nameHint}
          required
          withAsterisk={false}
          value={choice.mailbox}
          onChange={(event) => onChange({ mailbox: event.currentTarget.value })}
        />
      )}
      <Select
        label={imports.format}
        allowDeselect={false}
        value={choice.format}
        onChange={(format) => format !== null && onChange({ format })}
        data={Object.entries(imports.formats).map(([value, label]) => ({ value, label }))}
      />
    </>
  );
}

function Sent({ sent, of }: { readonly sent: number; readonly of: number }) {
  return (
    <Stack gap={4} role="status">
      <Text size="sm">{imports.sending}</Text>
      <Progress value={of === 0 ? 100 : (100 * sent) / of} aria-label={imports.sending} />
      <Text size="sm" c="dimmed">
        {imports.sent(Math.min(sent, of), of)}
      </Text>
    </Stack>
  );
}
