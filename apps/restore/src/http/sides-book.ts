// What only one side of each link has, kept by this process: the first screen asks every few seconds, and nothing is counted again before a revision,
// a run, an erasure or a change of the link. While a run is at work what was so before it is told. It must never outlive its link.
import { type LinkInfo, listLinks, type OneSided, oneSided, oneSidedMarks } from "@packetboat/archive";
import type { LinkId } from "@packetboat/core";
import type { Database } from "@packetboat/database";

export interface SidesBook {
  /** Of these links; one that is gone meanwhile is left out. */
  readonly read: (pool: Database["pool"], links: readonly Asked[]) => Promise<ReadonlyMap<LinkId, OneSided>>;
}

interface Asked {
  readonly link: LinkId;
  readonly isRunning: boolean;
}

interface Counted {
  readonly mark: string;
  readonly told: Promise<OneSided>;
}

/** Opens an empty book. */
export function openSidesBook(): SidesBook {
  const counted = new Map<LinkId, Counted>();
  const count = (pool: Database["pool"], link: LinkInfo, mark: string): Promise<OneSided> => {
    const told = oneSided(pool, link);
    counted.set(link.id, { mark, told });
    // Asked again the next time; whoever asked now is told.
    told.catch(() => counted.delete(link.id));
    return told;
  };
  const read: SidesBook["read"] = async (pool, links) => {
    const marks = await oneSidedMarks(pool);
    for (const id of counted.keys()) if (!marks.has(id)) counted.delete(id);
    const isKept = ({ link, isRunning }: Asked): boolean => {
      const kept = counted.get(link);
      return kept !== undefined && (isRunning || kept.mark === marks.get(link));
    };
    const infos = links.every(isKept) ? [] : await listLinks(pool);
    const sides = new Map<LinkId, OneSided>();
    for (const one of links) {
      const kept = counted.get(one.link);
      const info = infos.find(({ id }) => id === one.link);
      const mark = marks.get(one.link);
      if (kept !== undefined && isKept(one)) sides.set(one.link, await kept.told);
      else if (info !== undefined && mark !== undefined) sides.set(one.link, await count(pool, info, mark));
    }
    return sides;
  };
  return { read };
}
