// A word in the colour of how well something is.
import { Badge } from "@mantine/core";
import styles from "./tone.module.css";
import type { Tone } from "./tone.tsx";

export function ToneBadge({ tone, children }: { readonly tone: Tone; readonly children: string }) {
  return (
    <Badge className={`${styles.badge} ${styles[tone]}`} variant="default" size="lg" tt="none" fw={550}>
      {children}
    </Badge>
  );
}
