// Series for charts: what each run brought, and what archives took in and keep. Numbers only. Whoever may read an archive sees those of its links;
// it must never tell by them that another archive has the same mail.
import { countStorage, listLinks, mayRead, runSeries, storageDays } from "@packetboat/archive";
import { type ArchiveId, asId, type RunId } from "@packetboat/core";
import { z } from "zod";
import { isoOf } from "../../iso.ts";
import { callerOf } from "../caller.ts";
import { nextPage, route, value } from "../route.ts";
import { id, list, next, nothing, time, whole } from "../shapes.ts";

/** Messages that one question counts at most: about a second. */
const MOST_COUNTED = 20_000;

export const chartRoutes = [
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
  route({
    method: "get",
    path: "/charts/storage",
    summary:
      "What archives took in, day by day, and what of it took room: repeated bytes are kept once, the others compressed",
    needs: ["status"],
    params: nothing,
    query: z.strictObject({ archive: whole().optional().describe("Only this archive") }),
    body: null,
    answer: z.strictObject({
      days: list(
        z.strictObject({
          day: z.string().describe("Of UTC, such as 2026-11-26"),
          messages: z.int(),
          bytes: z.int().describe("Of these messages"),
          repeatedBytes: z.int().describe("Of those whose bytes the archive had already"),
          keptBytes: z.int().describe("What the others take"),
        }),
      ).describe("The earliest first; days on which nothing came are left out"),
      counted: z.boolean().describe("False: there is more to be counted; ask again"),
    }),
    async handle(asked, { pool }) {
      const caller = callerOf(asked);
      const { archive } = asked.query;
      const own = caller.user.role === "admin" ? null : caller.user.archives;
      const wanted = archive === undefined ? own : [asId<ArchiveId>(archive)].filter((one) => mayRead(caller, one));
      const counted = await countStorage(pool, wanted, MOST_COUNTED);
      return value({ days: await storageDays(pool, wanted), counted });
    },
  }),
] as const;
