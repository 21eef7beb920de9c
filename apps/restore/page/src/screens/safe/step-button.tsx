// The one thing to do about an account, as a button or a way to another screen.

import { Button } from "@mantine/core";
import { ButtonLink } from "../../parts/button-link.tsx";
import { safe } from "../../texts/safe.ts";
import type { Step } from "./standing.ts";

interface StepButtonProps {
  readonly step: Step;
  /** Only administrators change anything. */
  readonly mayChange: boolean;
  readonly onRun: () => void;
}

export function StepButton({ step, mayChange, onRun }: StepButtonProps) {
  const label = safe.actions[step.kind];
  switch (step.kind) {
    case "halt":
      return (
        <ButtonLink to="/runs/held/$run" params={{ run: String(step.run) }}>
          {label}
        </ButtonLink>
      );
    case "pending":
      return (
        <ButtonLink to="/runs/pending/$link" params={{ link: String(step.link) }} variant="light">
          {label}
        </ButtonLink>
      );
    case "runDetails":
      return (
        <ButtonLink to="/runs/$run" params={{ run: String(step.run) }} variant="light">
          {label}
        </ButtonLink>
      );
    case "run":
      return mayChange ? <Button onClick={onRun}>{label}</Button> : null;
    default:
      return mayChange ? (
        <ButtonLink to="/accounts" search={{ open: step.account, way: step.kind }}>
          {label}
        </ButtonLink>
      ) : null;
  }
}
