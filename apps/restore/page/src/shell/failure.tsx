// What is shown when something failed: a sentence that says what to do, and a way on. It must never show a stack or anything of a message.
import { Alert, Button, Center, Stack, Text, Title } from "@mantine/core";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { Link } from "@tanstack/react-router";
import { Problem, sentenceOf } from "../api/problem.ts";
import { AlertIcon } from "../parts/icons.tsx";
import { failure } from "../texts/shell.ts";

/** The same question has the same answer. */
const isRefused = (error: unknown): boolean => error instanceof Problem && [400, 403, 404, 422].includes(error.status);

/** In place of what could not be asked. `again`: asks once more. */
export function FailureNote({ error, again }: { readonly error: unknown; readonly again?: (() => void) | undefined }) {
  return (
    <Alert color="red" variant="light" icon={<AlertIcon />} title={failure.title} role="alert">
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{sentenceOf(error)}</Text>
        {again === undefined || isRefused(error) ? null : (
          <Button size="xs" variant="default" onClick={again}>
            {failure.again}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** In place of a screen that could not be shown. */
export function FailureScreen({ error, reset }: ErrorComponentProps) {
  return (
    <Center p="xl" mih="50vh">
      <Stack maw={480}>
        <FailureNote error={error} again={reset} />
      </Stack>
    </Center>
  );
}

export function NotFoundScreen() {
  return (
    <Center p="xl" mih="50vh">
      <Stack align="center" gap="xs">
        <Title order={1} size="h3">
          {failure.notFoundTitle}
        </Title>
        <Text c="dimmed">{failure.notFound}</Text>
        <Button component={Link} to="/" variant="light" mt="sm">
          {failure.home}
        </Button>
      </Stack>
    </Center>
  );
}
