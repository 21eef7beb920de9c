// A job as it is now: followed by server-sent events while it is at work, so that a reload, or a line that broke, goes on where it is.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { asking } from "../../api/queries.ts";
import type { Answer } from "../../api/shapes.ts";

export type Job = Answer<"get", "/jobs/{job}">;

/** A download that waits to be taken: nothing tells of its beginning but the job itself. */
const ASK_MS = 1_500;

/** At work: something changes without anybody here doing it. */
export const isAtWork = ({ state }: Pick<Job, "state">): boolean =>
  state === "waiting" || state === "looking" || state === "running";

export function useJob(job: number) {
  const client = useQueryClient();
  const asked = asking("/jobs/{job}", { params: { job } });
  const query = useQuery({
    ...asked,
    refetchInterval: ({ state: { data } }) => (data?.kind === "export" && data.state === "planned" ? ASK_MS : false),
  });
  const isFollowed = query.data !== undefined && isAtWork(query.data);
  useEffect(() => {
    if (!isFollowed) return;
    const events = new EventSource(`/api/v1/jobs/${job}/events`);
    events.addEventListener("job", ({ data }: MessageEvent<string>) => {
      client.setQueryData(asked.queryKey, JSON.parse(data) as Job);
    });
    return () => events.close();
  }, [isFollowed, job, client, asked.queryKey]);
  // The archive may be another one now, and its accounts too; also where the job was over before it was first looked at.
  const isOver = query.data !== undefined && !isFollowed;
  useEffect(() => {
    if (isOver) void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "/jobs/{job}" });
  }, [isOver, client]);
  return query;
}
