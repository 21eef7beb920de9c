import { test } from "vitest";
import { Fleet } from "./rounds.ts";
import { judge } from "./two-lives.ts";

const [seed, f, c] = (process.env.DBG ?? "0,0,0").split(",").map(Number);
const orig = Fleet.prototype.round;
const show = (fl: Fleet) => {
  for (const a of fl.accounts)
    console.log(
      "  ",
      a.name,
      a.model
        .list()
        .map(
          (l) =>
            `${l.name}(${l.mailbox?.mailboxId} v${l.mailbox?.uidValidity}: ${[...(l.mailbox?.messages.values() ?? [])].map((m) => `${m.uid}=${/<(\d+)@/.exec(m.bytes.toString())?.[1]}[${m.flags}]`).join(" ")})`,
        )
        .join("  "),
    );
};
const arch = (fl: Fleet) => {
  console.log(
    "   archive",
    fl.memory
      .live()
      .map((m) => `${m.messageId}@${m.path.join("/")}`)
      .join(" "),
    "|",
    [...fl.memory.history.mailboxes.keys()]
      .map((id) => `${id}:${fl.memory.history.openMailbox(id)?.path.join("/")}`)
      .join(" "),
  );
  for (const a of fl.accounts)
    for (const [id, m] of fl.memory.base(a.name))
      console.log(
        "     base",
        a.name,
        id,
        m.base.name,
        "->",
        m.base.mailboxId,
        "v",
        m.base.uidValidity,
        "pushed",
        m.base.pushed,
        m.base.renamingTo ?? "",
        m.base.resting ? "resting" : "",
        [...m.rows].map(([u, r]) => `${u}:${r.messageId}[${r.flags}]`).join(" "),
      );
};
Fleet.prototype.round = async function (faults: any = {}, dry = false) {
  console.log("ROUND before");
  show(this);
  for (const [k, v] of Object.entries(faults) as any)
    console.log("   faults", k, v.script.map((x: any) => JSON.stringify(x)).join(" "), JSON.stringify(v.crash));
  const r = await orig.call(this, faults, dry);
  for (const x of r)
    console.log(
      "   ",
      x.report.account,
      x.report.outcome,
      x.error?.code ?? "",
      x.error?.message ?? "",
      x.report.notes.map((n) => n.text).join(" | "),
      x.report.halts.length ? "HALT" : "",
    );
  console.log("after");
  show(this);
  arch(this);
  return r;
};
test("dbg", async () => {
  await judge(seed as number, { faults: !!f, crashes: !!c });
});
