// A disk that is as large as a test says, in memory, in a mount namespace of its own: any user may have one where user namespaces are allowed, and root
// elsewhere. It is reached through /proc by whoever started it. It must never be a mount of the machine's own.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface SmallDisk extends AsyncDisposable {
  /** Its root directory. */
  readonly path: string;
  /** Makes it as large as `mount -o size=` takes it. */
  readonly resize: (size: string) => Promise<void>;
}

const NAMESPACES = [
  ["--user", "--map-root-user", "--mount"],
  ["--mount", "--propagation", "private"],
] as const;
/** Each line that it reads is a size; it answers each. It ends with its input. */
const PROGRAM =
  "mount -t tmpfs -o size=4g,mode=0777 packetboat /mnt && echo ready && while read -r size; do mount -o remount,size=$size /mnt && echo done; done";

/** Null: nobody may have one here. */
export async function startSmallDisk(): Promise<SmallDisk | null> {
  for (const namespace of NAMESPACES) {
    const child = spawn("unshare", [...namespace, "--", "sh", "-c", PROGRAM]);
    const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
    // `unshare` becomes the shell: its pid is that of who sees the disk.
    if ((await answers.next()).value === "ready") return diskOf(child, answers);
  }
  return null;
}

function diskOf(child: ChildProcessWithoutNullStreams, answers: AsyncIterator<string>): SmallDisk {
  const ended = once(child, "exit");
  return {
    path: `/proc/${child.pid}/root/mnt`,
    resize: async (size) => {
      child.stdin.write(`${size}\n`);
      if ((await answers.next()).value !== "done") throw new Error(`the disk cannot be ${size} large`);
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
