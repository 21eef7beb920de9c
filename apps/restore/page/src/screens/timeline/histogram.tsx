// When mail arrived, above the line, and when it vanished, below it. Each slice says its numbers when it is pointed at; all of them together are said
// to whoever hears the page.
import { Group, Text } from "@mantine/core";
import type { Answer } from "../../api/shapes.ts";
import { counted, crowdedMinutes, momentOf, number } from "../../texts/formats.ts";
import { timeLine } from "../../texts/time-line.ts";
import { heightsOf } from "./line.ts";
import styles from "./time-line.module.css";

type Slice = Answer<"get", "/archives/{archive}/time-line">["slices"][number];

const UP = 40;
const DOWN = 20;

export function Histogram({ slices }: { readonly slices: readonly Slice[] }) {
  const total = (of: "arrived" | "vanished"): number => slices.reduce((sum, slice) => sum + slice[of], 0);
  const most = Math.max(1, ...slices.map(({ arrived, vanished }) => Math.max(arrived, vanished)));
  const arrived = heightsOf(
    slices.map((slice) => slice.arrived),
    most,
  );
  const vanished = heightsOf(
    slices.map((slice) => slice.vanished),
    most,
  );
  const crowded = crowdedMinutes(slices.flatMap(({ begin, end }) => [begin, end]));
  const told = timeLine.told(words(total("arrived")), number(total("vanished")));
  return (
    <div>
      <svg
        className={styles.histogram}
        viewBox={`0 0 ${slices.length} ${UP + DOWN}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={told}
      >
        {slices.map((slice, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: slices are known by their place.
          <g key={at}>
            <rect className={styles.slice} x={at} y={0} width={1} height={UP + DOWN} />
            <rect
              className={styles.arrived}
              x={at + 0.1}
              y={UP * (1 - (arrived[at] ?? 0))}
              width={0.8}
              height={UP * (arrived[at] ?? 0)}
            />
            <rect
              className={styles.vanished}
              x={at + 0.1}
              y={UP + 1}
              width={0.8}
              height={(DOWN - 1) * (vanished[at] ?? 0)}
            />
            <title>{titleOf(slice, crowded)}</title>
          </g>
        ))}
      </svg>
      <Group gap="md" mt={2} mb={4} visibleFrom="sm" aria-hidden>
        <Key className={styles.arrived} text={timeLine.arrived(words(total("arrived")))} />
        <Key className={styles.vanished} text={timeLine.vanished(number(total("vanished")))} />
      </Group>
    </div>
  );
}

const words = (count: number): string => counted(count, timeLine.message, timeLine.messages);

const titleOf = ({ begin, end, arrived, vanished }: Slice, crowded: ReadonlySet<number>): string =>
  timeLine.slice(momentOf(begin ?? "", crowded), momentOf(end ?? "", crowded), number(arrived), number(vanished));

function Key({ className, text }: { readonly className: string | undefined; readonly text: string }) {
  return (
    <Group gap={6} wrap="nowrap">
      <svg width="10" height="10" aria-hidden="true">
        <rect className={className} width="10" height="10" rx="2" />
      </svg>
      <Text size="xs" c="dimmed">
        {text}
      </Text>
    </Group>
  );
}
