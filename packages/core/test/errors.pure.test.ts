// What was thrown by something else becomes an error of the house: a full disk is told as such, everything unexpected as our defect.
import { describe, expect, it } from "vitest";
import { asMailError, MailError } from "../src/index.ts";

const thrown = (code: string): Error => Object.assign(new Error(`${code}: it went wrong, write`), { code });

describe("errors of others", () => {
  it.each([
    ["ENOSPC", "DISK_FULL"],
    ["EDQUOT", "DISK_FULL"],
    ["EFBIG", "DISK_FULL"],
    ["EIO", "BUG"],
  ] as const)("%s is %s", (code, expected) => {
    expect(asMailError(thrown(code))).toMatchObject({ code: expected, cause: { code } });
  });

  it("one of ours is itself", () => {
    const ours = new MailError("LEASE_LOST", "Another command took over.");
    expect(asMailError(ours)).toBe(ours);
  });
});
