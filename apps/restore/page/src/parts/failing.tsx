// What a change came to when it failed: the server's sentence, told to screen readers at once.
import { Alert } from "@mantine/core";
import { sentenceOf } from "../api/problem.ts";

/** Nothing while nothing went wrong. */
export function Failing({ error }: { readonly error: unknown }) {
  if (error === null || error === undefined) return null;
  return (
    <Alert color="red" variant="light" role="alert">
      {sentenceOf(error)}
    </Alert>
  );
}
