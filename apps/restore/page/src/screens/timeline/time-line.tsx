// The time line: drag it, or use the keys, and everything beside it is as it was at that moment. Above it stands when mail arrived and when it
// vanished. It says where it is in words, and now is one step away. It must never change anything but what is shown.
import { Box, Button, Group, Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { FailureNote } from "../../shell/failure.tsx";
import { crowdedMinutes, momentOf } from "../../texts/formats.ts";
import { timeLine } from "../../texts/time-line.ts";
import { Histogram } from "./histogram.tsx";
import { placeOfStop, restingStop, type Span, type Stop, stopByKey, stopNear, stopOf } from "./line.ts";
import { asksLine } from "./moments.ts";
import styles from "./time-line.module.css";

export interface TimeLineProps {
  readonly archive: number;
  /** Whose arrivals are counted above it; not given: of the whole archive. */
  readonly mailbox?: number | undefined;
  /** The revision that is shown; null: now. */
  readonly at: number | null;
  /** Told when another moment is chosen; null: now. */
  readonly onMove: (at: number | null) => void;
  readonly label?: string | undefined;
  /** What stands at the begin of its words in a narrow window. */
  readonly before?: ReactNode;
}

/** While it is dragged, what is beside it follows after so long. */
const FOLLOW_MS = 120;
/** A hand points no finer, in pixels. */
const REACH = 3;

export function TimeLine({ archive, mailbox, at, onMove, label = timeLine.label, before }: TimeLineProps) {
  const { data, error, refetch } = useQuery(asksLine(archive, mailbox));
  const line = useMemo(() => {
    const stops = (data?.stops ?? []).map(({ revision, time, whole }) => {
      return { revision, time: Date.parse(time ?? ""), isWhole: whole };
    });
    const [first, last] = [data?.slices[0]?.begin, data?.slices.at(-1)?.end];
    const crowded = crowdedMinutes((data?.stops ?? []).map(({ time }) => time));
    return { stops, crowded, span: { begin: Date.parse(first ?? ""), end: Date.parse(last ?? "") } };
  }, [data]);
  if (error !== null) return <FailureNote error={error} again={() => refetch()} />;
  if (data === undefined) return <Skeleton height={96} aria-label={timeLine.loading} />;
  if (line.stops.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {timeLine.nothing}
      </Text>
    );
  return (
    <section className={styles.whole} aria-label={label}>
      <Histogram slices={data.slices} />
      <Slider {...line} at={at} onMove={onMove} label={label} before={before} />
    </section>
  );
}

interface SliderProps {
  readonly stops: readonly Stop[];
  readonly span: Span;
  /** Minutes in which there is more than one stop. */
  readonly crowded: ReadonlySet<number>;
  readonly at: number | null;
  readonly onMove: (at: number | null) => void;
  readonly label: string;
  readonly before: ReactNode;
}

function Slider({ stops, span, crowded, at, onMove, label, before }: SliderProps) {
  const last = stops.length - 1;
  const given = stopOf(at, stops);
  const [index, move] = useFollowed(given, (to) => onMove(to >= last ? null : (stops[to]?.revision ?? null)));
  const track = useRef<HTMLDivElement>(null);
  const [isHeld, setHeld] = useState(false);
  const toPointer = (event: PointerEvent): void => {
    const box = track.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return;
    const near = stopNear((event.clientX - box.left) / box.width, stops, span);
    move(restingStop(near, stops, span, REACH / box.width), false);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const to = event.altKey || event.ctrlKey || event.metaKey ? null : stopByKey(event.key, index, stops);
    if (to === null) return;
    event.preventDefault();
    move(to, false);
  };
  const words = momentWords(index, stops, crowded);
  return (
    <div>
      <div
        ref={track}
        className={styles.track}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setHeld(true);
          toPointer(event);
        }}
        onPointerMove={(event) => isHeld && toPointer(event)}
        onPointerUp={() => {
          setHeld(false);
          move(index, true);
        }}
        onPointerCancel={() => setHeld(false)}
      >
        <div className={styles.rail} />
        <div className={styles.past} style={{ width: `${placeOfStop(index, stops, span) * 100}%` }} />
        <div
          role="slider"
          tabIndex={0}
          className={styles.thumb}
          style={{ left: `${placeOfStop(index, stops, span) * 100}%` }}
          aria-label={label}
          aria-valuemin={0}
          aria-valuemax={last}
          aria-valuenow={index}
          aria-valuetext={words}
          onKeyDown={onKeyDown}
        />
      </div>
      <Group justify="space-between" gap="xs" wrap="nowrap">
        {before === undefined ? null : <Box hiddenFrom="sm">{before}</Box>}
        <Text size="xs" c="dimmed" visibleFrom="sm">
          {momentOf(new Date(span.begin).toISOString(), crowded)}
        </Text>
        <Text size="sm" fw={600} className={styles.moment} aria-hidden>
          {words}
        </Text>
        <Button
          size="compact-xs"
          flex="none"
          variant={index === last ? "default" : "filled"}
          disabled={index === last}
          onClick={() => move(last, true)}
        >
          {timeLine.now}
        </Button>
      </Group>
    </div>
  );
}

function momentWords(index: number, stops: readonly Stop[], crowded: ReadonlySet<number>): string {
  const stop = stops[index];
  if (stop === undefined || index >= stops.length - 1) return timeLine.now;
  return momentOf(new Date(stop.time).toISOString(), crowded);
}

/** A value that shows at once where it was moved to, and tells it when it rests, or at once. What is given from outside counts when it changes. */
function useFollowed(given: number, tell: (to: number) => void): readonly [number, (to: number, now: boolean) => void] {
  const [own, setOwn] = useState<number | null>(null);
  const telling = useRef(tell);
  telling.current = tell;
  const timer = useRef<number | undefined>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever another one is given, it counts.
  useEffect(() => setOwn(null), [given]);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const move = (to: number, now: boolean): void => {
    setOwn(to);
    window.clearTimeout(timer.current);
    if (now) telling.current(to);
    else timer.current = window.setTimeout(() => telling.current(to), FOLLOW_MS);
  };
  return [own ?? given, move];
}
