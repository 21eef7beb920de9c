// A push that is walked again and again while another account is still pulled, as a migration does: what came meanwhile is sent, what the
// target has already is met, and what fails is tried once a run.
import { asId, DEFAULT_POLICY, type Link, type Rights } from "@packetboat/core";
import { MemoryArchive, ServerModel, simulatedWriter } from "@packetboat/testkit";
import { expect, test } from "vitest";
import { type LinkRun, openRun } from "../src/index.ts";
import { holds, PULL, PUSH } from "./rounds.ts";

const text = (n: number | string): string => `Subject: ${n}\r\nMessage-ID: <${n}@sim>\r\n\r\nbody of ${n}\r\n`;

/** Opens runs of a source and a target of one archive. */
function house(options: { readonly appendLimit?: number } = {}) {
  const memory = new MemoryArchive({ now: () => 1_700_000_000_000 });
  const models = { a: new ServerModel(), b: new ServerModel() };
  const begin = (name: "a" | "b", rights: Rights, retries = true): Promise<LinkRun> => {
    const id = name === "a" ? 1 : 2;
    const link: Link = { id: asId(id), accountId: asId(id), archiveId: asId(1), rights, policy: DEFAULT_POLICY };
    const writer = simulatedWriter(models[name], rights.push ? options : {});
    return openRun({
      remote: writer,
      writer: rights.push ? writer : null,
      archive: memory.open(name),
      link,
      names: { archive: "test", account: name },
      archiveIsPushed: true,
      dryRun: false,
      now: () => 1_700_000_000_000,
      signal: new AbortController().signal,
      retries,
    });
  };
  /** How often each message that the target did not take was tried. */
  const attempts = async (): Promise<readonly number[]> => {
    const archive = memory.open("b");
    const tried: number[] = [];
    for await (const rows of archive.pushRows(await archive.changed()))
      tried.push(...rows.flatMap(({ unsent }) => (unsent === null ? [] : [unsent.attempts])));
    return tried;
  };
  return { ...models, attempts, source: () => begin("a", PULL), target: (retries = true) => begin("b", PUSH, retries) };
}

async function walk(half: AsyncGenerator): Promise<void> {
  for await (const _ of half);
}

test("B2 C3 a target that was looked at before the archive had anything receives each mailbox once, where it has it", async () => {
  const { a, b, source, target } = house();
  for (const name of ["Work", "Lists"]) a.create(name);
  for (const n of [1, 2]) a.append("INBOX", text(n), {});
  for (const n of [3, 4, 4]) a.append("Work", text(n), {});
  b.create("Work");
  b.append("Work", text(4), {});
  const [pulling, pushing] = [await source(), await target()];
  await walk(pushing.pull());
  for await (const event of pulling.pull()) if (event.kind === "mailboxDone") await walk(pushing.push());
  await walk(pushing.push());
  expect((await pushing.finish()).error).toBe(null);
  expect((await pulling.finish()).error).toBe(null);
  expect(holds(b, false)).toEqual(holds(a, false));
});

test("C6 what the target refuses is tried once in a run, however often the push is walked, and again in the next run", async () => {
  const { a, b, source, target } = house({ appendLimit: 100 });
  a.append("INBOX", text(1), {});
  a.append("INBOX", `Subject: large\r\n\r\n${"x".repeat(200)}`, {});
  const [pulling, pushing] = [await source(), await target()];
  await walk(pushing.pull());
  await walk(pulling.pull());
  for (let n = 0; n < 3; n++) await walk(pushing.push());
  const { report } = await pushing.finish();
  expect(report).toMatchObject({ outcome: "partial", totals: { appended: 1, failed: 1 } });
  expect(report.failures).toMatchObject([{ mailbox: "INBOX", uid: null, code: "MESSAGE_TOO_LARGE" }]);
  await pulling.finish();
  const next = await target();
  await walk(next.pull());
  await walk(next.push());
  expect((await next.finish()).report).toMatchObject({ outcome: "partial", totals: { appended: 0, failed: 1 } });
  expect(holds(b, false).INBOX).toHaveLength(1);
});

test("C6 a run that is not to try again lists what was refused with its reason, sends what is new, and the next that may tries", async () => {
  const { a, b, source, target, attempts } = house({ appendLimit: 100 });
  const turn = async (run: LinkRun, pushes: boolean) => {
    await walk(run.pull());
    if (pushes) for (let n = 0; n < 2; n++) await walk(run.push());
    return (await run.finish()).report;
  };
  a.append("INBOX", `Subject: large\r\n\r\n${"x".repeat(200)}`, {});
  await turn(await source(), false);
  const first = await turn(await target(), true);
  a.append("INBOX", text(2), {});
  await turn(await source(), false);
  const resting = await turn(await target(false), true);
  expect(resting).toMatchObject({ outcome: "partial", failures: first.failures, totals: { appended: 1, failed: 1 } });
  expect(await attempts()).toEqual([1]);
  expect(await turn(await target(), true)).toMatchObject({ outcome: "partial", totals: { appended: 0, failed: 1 } });
  expect(await attempts()).toEqual([2]);
  expect(holds(b, false).INBOX).toHaveLength(1);
});
