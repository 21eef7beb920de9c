// The history of an archive, or of one of its mailboxes, as a line to point at: when mail arrived and when it vanished, and where one can stop.
// What each revision changed is in the log.
import { isMailboxOf } from "@packetboat/archive";
import { asId, type MailboxId, MailError } from "@packetboat/core";
import { z } from "zod";
import { isoOf } from "../../iso.ts";
import { timeLineOf } from "../../time-line.ts";
import { archiveAsked } from "../caller.ts";
import { route, value } from "../route.ts";
import { archiveParams, id, list, revision, time, whole } from "../shapes.ts";

const MOST_STOPS = 1_000;

const slice = z.strictObject({
  begin: time,
  end: time,
  revisions: z.int(),
  arrived: z.int().describe("Messages that came in; of a mailbox also by a move"),
  vanished: z.int().describe("Messages that were removed; of a mailbox also by a move"),
});

export const timeLineRoutes = [
  route({
    method: "get",
    path: "/archives/{archive}/time-line",
    summary:
      "When mail arrived and vanished, in slices of equal length from the first revision until now, and the revisions to stop at",
    needs: ["read"],
    params: archiveParams,
    query: z.strictObject({
      mailbox: whole().optional().describe("Only of this mailbox. Default: of the whole archive"),
      slices: whole(500).optional().describe("Default: 60"),
    }),
    body: null,
    answer: z.strictObject({
      revision: revision.describe("The newest"),
      slices: list(slice).describe("None: nothing was ever stored"),
      stops: list(
        z.strictObject({
          revision: id,
          time,
          whole: z.boolean().describe("False: its run was under way still, and made later ones"),
        }),
      ).describe(
        `The earliest first; of more than ${MOST_STOPS} revisions the last of each span of time, and the first`,
      ),
      between: z.int().describe("Revisions that are no stop"),
    }),
    async handle(asked, { pool, tallies }) {
      const archive = await archiveAsked(asked, { pool });
      const { mailbox, slices = 60 } = asked.query;
      const mailboxId = mailbox === undefined ? null : asId<MailboxId>(mailbox);
      if (mailboxId !== null && !(await isMailboxOf(pool, archive.id, mailboxId)))
        throw new MailError("NOT_FOUND", "This archive has no mailbox of this id.");
      const counted = await tallies.read(pool, archive, mailboxId);
      const line = timeLineOf(counted, asked.chance.now, slices, MOST_STOPS);
      return value({
        revision: archive.revision,
        slices: line.slices.map(({ begin, end, ...rest }) => ({ ...rest, begin: isoOf(begin), end: isoOf(end) })),
        stops: line.stops.map((stop) => ({ revision: stop.revision, time: isoOf(stop.madeAt), whole: stop.isWhole })),
        between: line.between,
      });
    },
  }),
] as const;
