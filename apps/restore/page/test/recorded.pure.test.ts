// What the record says that an entry is about.
import { expect, it } from "vitest";
import { subjectsOf } from "../src/screens/settings/recorded.ts";

it.each([
  { archive: 2, detail: { by: "session", message: 7 }, told: ["message 7", "archive 2"] },
  { archive: null, detail: { by: "token", token: 3, user: 5 }, told: ["user 5", "token 3"] },
  { archive: null, detail: { message: "<b>7</b>", subject: "secret" }, told: [] },
  { archive: null, detail: null, told: [] },
  { archive: 4, detail: "odd", told: ["archive 4"] },
])("$detail of archive $archive names $told", ({ archive, detail, told }) => {
  expect(subjectsOf({ archive, detail }).map((subject) => subject.join(" "))).toEqual(told);
});
