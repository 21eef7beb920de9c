// mutt, as a judge of mbox files: how many messages does it see? Unpacked like the servers, run on a terminal of its own by `script`.
// It only reads, and knows no configuration but what is here.

import { unpack } from "./packages.ts";
import { sandbox } from "./sandbox.ts";
import { ServerUnavailable } from "./unavailable.ts";

/** Gives the number of messages that mutt counts in a file, which everybody must be able to read. Throws ServerUnavailable. */
export async function muttCount(file: string): Promise<number> {
  const packages = await unpack("mutt", ["mutt"]);
  const box = await sandbox(packages.dir);
  const line = [
    "mutt -n -F /dev/null -R",
    `-f '${file.replaceAll("'", "'\\''")}'`,
    `-e 'set folder="/tmp" quit=yes status_format="COUNT=%m "'`,
    "-e 'push <exit>'",
  ].join(" ");
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/nonexistent", TERM: "xterm", LANG: "C.UTF-8" };
  const { code, stdout, stderr } = await box.run(["timeout", "30", "script", "-qec", line, "/dev/null"], { env });
  if (code === 127) throw new ServerUnavailable(`no program "script" to run mutt in: ${stderr.trim()}`);
  const count = /COUNT=(\d+)/.exec(stdout.toString("latin1"))?.[1];
  if (count === undefined)
    throw new Error(`mutt ended with ${code}: ${stdout.toString("latin1").slice(-500)}${stderr}`);
  return Number(count);
}
