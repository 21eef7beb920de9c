// What an entry of the record is about. Pure. It must never show what it does not know: only numbers under names that the server uses.

/** In the order in which they are said. */
const SUBJECTS = ["message", "user", "account", "link", "run", "archive", "token"] as const;
export type Subject = (typeof SUBJECTS)[number];

/** An entry of the record, as the API gives it. */
interface Recorded {
  readonly archive: number | null;
  readonly detail: unknown;
}

/** The numbers that an entry names, the closest first. */
export function subjectsOf({ archive, detail }: Recorded): readonly (readonly [Subject, number])[] {
  const told: Readonly<Record<string, unknown>> =
    typeof detail === "object" && detail !== null ? { ...detail, archive } : { archive };
  return SUBJECTS.flatMap((subject) => {
    const number = told[subject];
    return typeof number === "number" ? [[subject, number] as const] : [];
  });
}
