// When a token is renewed, and that what is sealed comes back.
import { expect, it } from "vitest";
import { ageOf, endOf, readSecrets, writeSecrets } from "../src/accounts/token-age.ts";

const NOW = 1_700_000_000_000;
const MINUTE = 60_000;

it.each([
  [60 * MINUTE, "fresh"],
  [5 * MINUTE, "fresh"],
  [5 * MINUTE - 1, "due"],
  [1, "due"],
  [0, "over"],
  [-MINUTE, "over"],
])("%s ms before its end: %s", (left, age) => {
  expect(ageOf(NOW + left, NOW)).toBe(age);
});

it("ends when the provider says, else in an hour", () => {
  expect(endOf(90, NOW)).toBe(NOW + 90_000);
  expect(endOf(null, NOW)).toBe(NOW + 60 * MINUTE);
});

it("secrets come back; what is none is refused without being quoted", () => {
  const secrets = { accessToken: "a", refreshToken: "r", clientSecret: null };
  expect(readSecrets(writeSecrets(secrets))).toEqual(secrets);
  expect(readSecrets(writeSecrets({ ...secrets, clientSecret: "c" })).clientSecret).toBe("c");
  expect(() => readSecrets('{"accessToken":"hunter2"}')).toThrow(/^(?!.*hunter2).*sign in again/);
});
