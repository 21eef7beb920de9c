// The search: the query language with what may be meant while it is typed, filters that are switched, and what is in force as chips.
import { Autocomplete, Chip, CloseButton, Group, Pill, Text } from "@mantine/core";
import { type FormEvent, type Ref, useEffect, useState } from "react";
import { SearchIcon } from "../../parts/icons.tsx";
import { search } from "../../texts/mail.ts";
import styles from "./mail.module.css";
import { chipsOf, quotedValue, suggestionsFor, taken, toggled, without } from "./query-text.ts";

const FILTERS = [
  { term: "is:unread", name: search.unread },
  { term: "is:flagged", name: search.flagged },
  { term: "has:attachment", name: search.attachment },
] as const;

interface Props {
  readonly q: string;
  readonly removed: boolean;
  /** The mailbox beside it, names from the top; null: none. */
  readonly mailbox: readonly string[] | null;
  readonly mailboxes: readonly string[];
  /** Addresses that may be meant, asked for while somebody types. */
  readonly people: () => readonly string[];
  readonly fieldRef: Ref<HTMLInputElement>;
  readonly onSearch: (q: string, removed: boolean) => void;
}

export function SearchBox({ q, removed, mailbox, mailboxes, people, fieldRef, onSearch }: Props) {
  const [text, setText] = useState(q);
  useEffect(() => setText(q), [q]);
  const suggestions = suggestionsFor(text, mailboxes, people());
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSearch(text.trim(), removed);
  };
  const byText = new Map(suggestions.map((one) => [taken(text, one), one]));
  return (
    <search className={styles.search}>
      <form onSubmit={submit}>
        <Autocomplete
          ref={fieldRef}
          type="search"
          aria-label={search.label}
          placeholder={search.placeholder}
          value={text}
          onChange={setText}
          data={[...byText.keys()]}
          // Which are meant is decided already.
          filter={({ options }) => options}
          renderOption={({ option }) => (
            <Group justify="space-between" w="100%" wrap="nowrap">
              <Text size="sm" ff="monospace" component="bdi">
                {byText.get(option.value)?.term}
              </Text>
              <Text size="xs" c="dimmed">
                {byText.get(option.value)?.hint}
              </Text>
            </Group>
          )}
          comboboxProps={{ withinPortal: false, shadow: "md" }}
          leftSection={<SearchIcon size={16} />}
          rightSection={
            text === "" && q === "" ? null : (
              <CloseButton size="sm" aria-label={search.clear} onClick={() => onSearch("", false)} />
            )
          }
        />
      </form>
      <Group gap={6} mt={8} role="group" aria-label={search.filters}>
        {FILTERS.map(({ term, name }) => (
          <Chip
            key={term}
            size="xs"
            checked={chipsOf(q).includes(term)}
            onChange={() => onSearch(toggled(q, term), removed)}
          >
            {name}
          </Chip>
        ))}
        {q === "" ? null : (
          <>
            {mailbox === null ? null : (
              <Chip
                size="xs"
                checked={chipsOf(q).includes(termOf(mailbox))}
                onChange={() => onSearch(toggled(q, termOf(mailbox)), removed)}
              >
                {search.here(mailbox.at(-1) ?? "")}
              </Chip>
            )}
            <Chip size="xs" checked={removed} onChange={() => onSearch(q, !removed)}>
              {search.removed}
            </Chip>
          </>
        )}
        <Terms q={q} mailbox={mailbox} onChange={(next) => onSearch(next, removed)} />
      </Group>
    </search>
  );
}

const termOf = (mailbox: readonly string[]): string => `in:${quotedValue(mailbox.join("/"))}`;

/** What the query names beside words, and is no filter above. */
function Terms({
  q,
  mailbox,
  onChange,
}: {
  readonly q: string;
  readonly mailbox: readonly string[] | null;
  readonly onChange: (q: string) => void;
}) {
  const filters: readonly string[] = [
    ...FILTERS.map(({ term }) => term),
    ...(mailbox === null ? [] : [termOf(mailbox)]),
  ];
  return chipsOf(q)
    .filter((term) => !filters.includes(term))
    .map((term) => (
      <Pill
        key={term}
        withRemoveButton
        removeButtonProps={{ "aria-label": search.remove(term), tabIndex: 0 }}
        onRemove={() => onChange(without(q, term))}
      >
        <bdi>{term}</bdi>
      </Pill>
    ));
}
