// How well something is, as a sign and a colour: the same on every screen that tells of accounts and runs. The colour never says it alone.
import type { ReactNode } from "react";
import styles from "./tone.module.css";

export type Tone = "good" | "notable" | "bad" | "calm";

const SIGNS: Readonly<Record<Tone, ReactNode>> = {
  good: <path d="m5 12.500 4.500 4.500L19 7.500" />,
  notable: <path d="M12 7v6M12 17v.01" />,
  bad: <path d="M12 6v7.500M12 17.500v.01" />,
  calm: <path d="M12 7v5l3.500 2" />,
};

interface ToneSignProps {
  readonly tone: Tone;
  /** In pixels. */
  readonly size: number;
}

export function ToneSign({ tone, size }: ToneSignProps) {
  const drawn = Math.round(size * 0.6);
  return (
    <span className={`${styles.sign} ${styles[tone]}`} style={{ width: size, height: size }} aria-hidden="true">
      <svg
        width={drawn}
        height={drawn}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth={2.25}
        strokeLinecap="round"
        strokeLinejoin="round"
        focusable="false"
        aria-hidden="true"
      >
        {SIGNS[tone]}
      </svg>
    </span>
  );
}
