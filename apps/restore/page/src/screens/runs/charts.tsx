// Which chart, of which account: the choice is made before the library that draws is there.
import { Group, NativeSelect, Paper, SegmentedControl, Select, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { asking } from "../../api/queries.ts";
import { charts, runs as words } from "../../texts/runs.ts";
import { type ChartKind, runPoints, storagePoints, summaryOf } from "./series.ts";

const Chart = lazy(async () => ({ default: (await import("./chart.tsx")).Chart }));
const KINDS: readonly ChartKind[] = ["messages", "bytes", "seconds", "storage"];
const CHOICES = KINDS.map((value) => ({ value, label: charts.kinds[value] }));
const COUNTING_MS = 1_000;
const HEIGHT = 260;

export function Charts() {
  const [kind, setKind] = useState<ChartKind>("messages");
  const [link, setLink] = useState<string | null>(null);
  const { data: known } = useQuery(asking("/links", {}));
  const one = known?.links.find((each) => String(each.link) === link);
  const series = useQuery(asking("/charts/runs", { query: { limit: "100", ...(link === null ? {} : { link }) } }));
  const storage = useQuery({
    ...asking("/charts/storage", { query: one === undefined ? {} : { archive: String(one.archiveId) } }),
    enabled: kind === "storage",
    refetchInterval: ({ state }) => (state.data?.counted === false ? COUNTING_MS : false),
  });
  const runs = series.data?.runs ?? [];
  const days = storage.data?.days ?? [];
  const points = kind === "storage" ? storagePoints(days) : runPoints(runs);
  const isThere = kind === "storage" ? storage.data !== undefined : series.data !== undefined;
  return (
    <Paper component="section" withBorder p={{ base: "md", sm: "lg" }} aria-labelledby="charts">
      <Stack gap="md">
        <Group justify="space-between">
          <Title order={2} size="h4" id="charts">
            {charts.title}
          </Title>
          {(known?.links.length ?? 0) > 1 ? (
            <Select
              aria-label={words.account}
              placeholder={words.allAccounts}
              data={known?.links.map((each) => ({ value: String(each.link), label: each.account })) ?? []}
              value={link}
              onChange={setLink}
              clearable
              size="sm"
            />
          ) : null}
        </Group>
        <SegmentedControl
          aria-label={charts.what}
          data={CHOICES}
          value={kind}
          onChange={(value) => setKind(value as ChartKind)}
          w="fit-content"
          visibleFrom="xs"
        />
        {/* Side by side they are wider than a telephone. */}
        <NativeSelect
          aria-label={charts.what}
          data={CHOICES}
          value={kind}
          onChange={(event) => setKind(event.currentTarget.value as ChartKind)}
          hiddenFrom="xs"
        />
        {isThere ? (
          <Text size="sm" c="dimmed" role="status">
            {points.length === 0 ? charts.none : summaryOf(kind, runs, days)}
            {kind === "storage" && storage.data?.counted === false ? ` ${charts.counting}` : ""}
          </Text>
        ) : null}
        {isThere && points.length > 0 ? (
          <Suspense fallback={<Skeleton height={HEIGHT} />}>
            <div aria-hidden="true">
              <Chart kind={kind} points={points} />
            </div>
          </Suspense>
        ) : null}
      </Stack>
    </Paper>
  );
}
