// Series for charts: what each run brought. Numbers only. Whoever may read an archive sees those of its links.
import { listLinks, mayRead, runSeries } from "@packetboat/archive";
import { asId, type RunId } from "@packetboat/core";
import { z } from "zod";
import { isoOf } from "../../iso.ts";
import { callerOf } from "../caller.ts";
import { nextPage, type Route, route, value } from "../route.ts";
import { id, list, next, nothing, time, whole } from "../shapes.ts";

export const chartRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/charts/runs",
    summary: "Messages, bytes and duration of each run that has ended, the latest first",
    needs: ["status"],
    params: nothing,
    query: z.strictObject({
      archive: whole().optional().describe("Only over this archive"),
      link: whole().optional().describe("Only over this link"),
      before: whole().optional().describe("Runs before this one"),
      limit: whole(1_000).optional().describe("Default: 200"),
    }),
    body: null,
    answer: z.strictObject({
      runs: list(
        z.strictObject({
          run: id,
          link: id,
          started: time,
          seconds: z.number(),
          outcome: z.string(),
          fetched: z.int(),
          fetchedBytes: z.int(),
          sent: z.int(),
          sentBytes: z.int(),
          failed: z.int(),
        }),
      ),
      next,
    }),
    async handle(asked, { pool }) {
      const caller = callerOf(asked);
      const { archive, link, before, limit = 200 } = asked.query;
      const links = (await listLinks(pool)).filter(
        (one) =>
          mayRead(caller, one.archiveId) &&
          (archive === undefined || one.archiveId === archive) &&
          (link === undefined || one.id === link),
      );
      const points = await runSeries(
        pool,
        links.map((one) => one.id),
        limit,
        before === undefined ? undefined : asId<RunId>(before),
      );
      const last = points.at(-1);
      const isLast = last === undefined || points.length < limit;
      return value({
        runs: points.map((point) => ({
          run: point.id,
          link: point.linkId,
          started: isoOf(point.startedAt),
          seconds: Math.max(0, point.finishedAt - point.startedAt) / 1_000,
          outcome: point.outcome,
          fetched: point.fetched,
          fetchedBytes: point.fetchedBytes,
          sent: point.appended,
          sentBytes: point.appendedBytes,
          failed: point.failed,
        })),
        next: isLast ? null : nextPage(asked.address, { before: last.id }),
      });
    },
  }),
];
