// What is chosen for an import, and what the API is asked for it. Pure.
import type { Given } from "../../api/shapes.ts";
import type { imports } from "../../texts/import.ts";

export type Place = keyof typeof imports.places;
type Query = NonNullable<Given<"post", "/archives/{archive}/imports">["query"]>;

export interface Choice {
  readonly place: Place;
  /** Where `place` wants one. */
  readonly mailbox: string;
  /** As the API names it; auto: it finds out. */
  readonly format: string;
}

/** A file that says nothing of when it was changed, or something absurd, has no time. */
function modifiedOf({ lastModified }: Pick<File, "lastModified">): Pick<Query, "modified"> {
  const time = new Date(lastModified);
  return Number.isNaN(time.getTime()) || lastModified <= 0 ? {} : { modified: time.toISOString() };
}

/** The words that go with the file. */
export function queryOf(file: Pick<File, "name" | "lastModified">, { place, mailbox, format }: Choice): Query {
  return {
    name: file.name,
    ...(place === "own" ? {} : { [place]: mailbox.trim() }),
    ...(format === "auto" ? {} : { format: format as NonNullable<Query["format"]> }),
    ...modifiedOf(file),
  };
}
