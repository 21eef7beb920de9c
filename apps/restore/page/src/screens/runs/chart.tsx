// The chart itself, with the library that draws it: loaded when somebody looks at the runs, never with the first screen.
import "@mantine/charts/styles.css";
import { AreaChart, BarChart } from "@mantine/charts";
import { number, size } from "../../texts/formats.ts";
import { charts, runs as words } from "../../texts/runs.ts";
import type { ChartKind, Point } from "./series.ts";

interface ChartProps {
  readonly kind: ChartKind;
  readonly points: readonly Point[];
}

const HEIGHT = 260;
/** The legend in the order of the series, not of the alphabet. */
const IN_ORDER = { itemSorter: null } as const;
const LOOK = {
  h: HEIGHT,
  dataKey: "when",
  tickLine: "none",
  gridAxis: "x",
  withLegend: true,
  legendProps: IN_ORDER,
} as const;
/** A picture: the sentence above it says what it shows, and the keyboard does not stop at it. */
const NO_STOP = { accessibilityLayer: false } as const;
const STORAGE = [
  { name: "kept", label: charts.kept, color: "cyan.7" },
  { name: "compressed", label: charts.compressed, color: "teal.5" },
  { name: "repeated", label: charts.repeated, color: "gray.5" },
];

export function Chart({ kind, points }: ChartProps) {
  const data = points.map((point) => ({ ...point }));
  const ticks = new Map(points.map(({ when, tick }) => [when, String(tick)]));
  // Of a single day an area is no more than a line: it is drawn as a bar.
  if (kind === "storage" && points.length === 1)
    return (
      <BarChart
        {...LOOK}
        barChartProps={NO_STOP}
        data={data}
        type="stacked"
        maxBarWidth={72}
        valueFormatter={(value) => size(value)}
        yAxisProps={{ width: 72 }}
        series={STORAGE}
      />
    );
  if (kind === "storage")
    return (
      <AreaChart
        {...LOOK}
        data={data}
        areaChartProps={NO_STOP}
        type="stacked"
        curveType="step"
        withDots={false}
        valueFormatter={(value) => size(value)}
        yAxisProps={{ width: 72 }}
        series={STORAGE}
      />
    );
  return (
    <BarChart
      {...LOOK}
      xAxisProps={{ minTickGap: 40, tickFormatter: (when: string) => ticks.get(when) ?? when }}
      barChartProps={NO_STOP}
      data={data}
      maxBarWidth={28}
      valueFormatter={formatterOf(kind)}
      yAxisProps={{ width: 72 }}
      series={seriesOf(kind, points)}
    />
  );
}

function formatterOf(kind: ChartKind): (value: number) => string {
  if (kind === "bytes") return (value) => size(value);
  return kind === "seconds" ? (value) => words.seconds(value) : (value) => number(value);
}

/** What was sent is drawn only where anything was. */
function seriesOf(kind: ChartKind, points: readonly Point[]) {
  if (kind === "seconds") return [{ name: "seconds", label: charts.seconds, color: "cyan.7" }];
  const [fetched, sent] = kind === "bytes" ? (["fetchedBytes", "sentBytes"] as const) : (["fetched", "sent"] as const);
  const both = [
    { name: fetched, label: kind === "bytes" ? charts.bytes : charts.messages, color: "cyan.7" },
    { name: sent, label: kind === "bytes" ? charts.sentBytes : charts.sent, color: "orange.6" },
  ];
  return points.some((point) => Number(point[sent]) > 0) ? both : both.slice(0, 1);
}
