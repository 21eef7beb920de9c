// What the moments of an archive are called: a first backup makes many in one minute, and those are told apart by their seconds.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { asking } from "../../api/queries.ts";
import { crowdedMinutes, momentOf } from "../../texts/formats.ts";

const SLICES = 80;

/** The time line of an archive, or of one of its mailboxes. */
export const asksLine = (archive: number, mailbox?: number) =>
  asking("/archives/{archive}/time-line", {
    params: { archive },
    query: { slices: SLICES, ...(mailbox === undefined ? {} : { mailbox }) },
  });

/** Gives words for a moment of an archive; `shown`: those that stand beside each other, also where they are no stops. `isWanted`. Default: true */
export function useMoments(
  archive: number,
  shown: readonly (string | null)[],
  isWanted = true,
): (iso: string) => string {
  const { data } = useQuery({ ...asksLine(archive), enabled: isWanted });
  const stops = useMemo(() => (data?.stops ?? []).map(({ time }) => time), [data]);
  return (iso) => momentOf(iso, crowdedMinutes([...stops, ...shown]));
}
