// What a link that writes for this once does beside what was chosen: it sends what else the archive has, and removes what else it has not. Asked of
// the archive alone. It must never keep silent about a removal.
import { oneSided, unknownTo } from "@packetboat/archive";
import type { Database } from "@packetboat/database";
import type { InPlaceLook } from "./in-place.ts";
import { alsoRemoved, alsoSent } from "./jobs/obstacles.ts";
import type { Obstacle } from "./jobs/told.ts";

/** Gives a sentence each, link by link. None where no link writes that otherwise only backs up. */
export async function besideChosen(
  pool: Database["pool"],
  { links, lent, wish }: Pick<InPlaceLook, "links" | "lent" | "wish">,
): Promise<readonly Obstacle[]> {
  const found: (Obstacle | null)[] = [];
  for (const link of links.filter(({ id }) => lent.has(id))) {
    found.push(alsoSent(link, await unknownTo(pool, link)));
    if (!wish.keepNew) found.push(alsoRemoved(link, await oneSided(pool, link)));
  }
  return found.filter((one) => one !== null);
}

/** True when something goes from a server that was not chosen. */
export const alsoRemoves = (beside: readonly Obstacle[]): boolean => beside.some(({ code }) => code === "ALSO_REMOVED");
