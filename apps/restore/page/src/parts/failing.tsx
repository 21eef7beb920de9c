// What a change came to when it failed, or a mail server refused it: a sentence, told to screen readers at once.
import { Alert } from "@mantine/core";
import { sentenceOf } from "../api/problem.ts";

/** Nothing while nothing went wrong. */
export function Failing({ error }: { readonly error: unknown }) {
  return error === null || error === undefined ? null : <Sentence>{sentenceOf(error)}</Sentence>;
}

type Tried = { readonly outcome: string; readonly detail?: string } | undefined;

/** What a mail server said to a sign-in; nothing where it did not refuse it, or was not asked yet. */
export function Refused({ tried }: { readonly tried: Tried }) {
  return tried?.outcome === "refused" && tried.detail !== undefined ? <Sentence>{tried.detail}</Sentence> : null;
}

function Sentence({ children }: { readonly children: string }) {
  return (
    <Alert color="red" variant="light" role="alert">
      {children}
    </Alert>
  );
}
