// The way back from one run to all of them.

import { TextLink } from "../../parts/button-link.tsx";
import { runs } from "../../texts/runs.ts";

export function Back() {
  return (
    <TextLink to="/runs" size="sm">
      ← {runs.back}
    </TextLink>
  );
}
