// What the suites of the readers share: a tree of files from a table, and all that a source gives.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openSource, type ReadOptions, type SourceFailure, type SourceKind, type SourceMessage } from "../src/index.ts";

/** Writes files below a directory. Null: an empty directory. */
export async function lay(root: string, files: Readonly<Record<string, string | Buffer | null>>): Promise<string> {
  await mkdir(root, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    await mkdir(content === null ? path : dirname(path), { recursive: true });
    if (content !== null) await writeFile(path, content);
  }
  return root;
}

export interface ReadAll {
  readonly what: string;
  readonly messages: readonly SourceMessage[];
  readonly failures: readonly SourceFailure[];
  readonly mailboxes: readonly (readonly string[])[];
}

export async function readAll(
  path: string,
  kind: SourceKind | null = null,
  options: ReadOptions = { keepLineEnds: true },
): Promise<ReadAll> {
  const source = await openSource(path, kind);
  const messages: SourceMessage[] = [];
  const failures: SourceFailure[] = [];
  const mailboxes: (readonly string[])[] = [];
  try {
    for await (const item of source.items(options)) {
      if (item.kind === "message") messages.push(item);
      else if (item.kind === "failed") failures.push(item);
      else mailboxes.push(item.path);
    }
  } finally {
    await source.close();
  }
  return { what: source.what, messages, failures, mailboxes };
}

/** "Work/2024 \\Seen $Later: the message". */
export const shown = ({ mailboxes, flags, bytes }: SourceMessage): string =>
  `${[mailboxes.map((path) => path.join("/")).join(" + "), ...flags].join(" ")}: ${bytes.toString("latin1")}`;
