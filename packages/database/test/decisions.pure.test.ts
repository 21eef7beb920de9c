// The decisions of the database room, as tables: where things lie, how much disk is needed, what a server may be.
import { asDatabaseError, homePath, layoutOf, missingBytes, placeOf, requireVersion } from "@packetboat/database";
import { expect, test } from "vitest";

const GB = 1_000_000_000;

test.each([
  // free, total, missing
  [0, 10 * GB, GB],
  [GB - 1, 10 * GB, 1],
  [GB, 10 * GB, 0],
  [GB, 20 * GB, 0],
  [GB, 21 * GB, 50_000_000],
  [5 * GB, 100 * GB, 0],
  [4.5 * GB, 100 * GB, 0.5 * GB],
  [50 * GB, 100 * GB, 0],
  [0, 0, GB],
])("with %d of %d bytes free, %d are missing", (freeBytes, totalBytes, missing) => {
  expect(missingBytes({ freeBytes, totalBytes })).toBe(missing);
});

test.each([
  [{}, "/home/me/.local/share/packetboat"],
  [{ XDG_DATA_HOME: "/data" }, "/data/packetboat"],
  [{ XDG_DATA_HOME: "relative" }, "/home/me/.local/share/packetboat"],
  [{ XDG_DATA_HOME: "" }, "/home/me/.local/share/packetboat"],
  [{ PACKETBOAT_HOME: "/mine", XDG_DATA_HOME: "/data" }, "/mine"],
  [{ PACKETBOAT_HOME: "" }, "/home/me/.local/share/packetboat"],
])("the home of %o is %s", (env, home) => {
  expect(homePath(env, "/home/me")).toBe(home);
});

test.each([1, 60, 84, 85, 86, 120, 4_000])(
  "the socket's directory stays under 90 bytes with a home of %d letters",
  (length) => {
    const root = `/${"h".repeat(length)}`;
    const { socketDirectory, dataDirectory } = layoutOf(root, 1000);
    expect(Buffer.byteLength(socketDirectory)).toBeLessThan(90);
    expect(socketDirectory.startsWith(root)).toBe(length <= 84);
    expect(dataDirectory).toBe(`${root}/postgres-18`);
  },
);

test("two homes never share a short socket directory, nor do two users", () => {
  const long = `/${"h".repeat(100)}`;
  const directories = [layoutOf(`${long}a`, 1), layoutOf(`${long}b`, 1), layoutOf(`${long}a`, 2)].map(
    (layout) => layout.socketDirectory,
  );
  expect(new Set(directories).size).toBe(3);
});

test.each([
  ["postgresql://me:secret@db.example/mail?sslmode=require", "db.example/mail"],
  ["postgresql://me@db.example:6432/mail", "db.example:6432/mail"],
  ["postgresql://packetboat@/packetboat?host=%2Frun%2Fpb", "/run/pb/packetboat"],
  ["postgresql:///mail", "localhost/mail"],
  ["postgresql://me:se cret@[bad/mail", "PACKETBOAT_DATABASE_URL"],
])("%s is called %s in messages", (url, place) => {
  expect(placeOf(url)).toBe(place);
});

test.each([
  ["57P01", "DATABASE_LOST"],
  ["57P02", "DATABASE_LOST"],
  ["57P03", "DATABASE_LOST"],
  ["08006", "DATABASE_LOST"],
  ["ECONNRESET", "DATABASE_LOST"],
  ["EPIPE", "DATABASE_LOST"],
  ["55P03", "ARCHIVE_BUSY"],
  ["53300", "DATABASE_UNREACHABLE"],
  ["42P01", "BUG"],
])("a failure with code %s is %s", (code, expected) => {
  expect(asDatabaseError(Object.assign(new Error("said"), { code })).code).toBe(expected);
});

test("what pg says of an ended connection has no code, and is DATABASE_LOST", () => {
  expect(asDatabaseError(new Error("Connection terminated unexpectedly")).code).toBe("DATABASE_LOST");
});

test("Postgres 14 is refused, 15 is not", () => {
  expect(() => requireVersion(140_021, "14.21")).toThrow(expect.objectContaining({ code: "DATABASE_TOO_OLD" }));
  expect(() => requireVersion(150_000, "15.0")).not.toThrow();
});
