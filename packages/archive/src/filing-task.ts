// Bodies that become files together, and what became of each: what travels between filing.ts and its thread, and the work that either of
// them does. It must never tell of a file that it was written when it was not.
import { type BodyPlace, fileBody } from "./body-file.ts";
import type { PackedBody } from "./codec.ts";

/** Bodies that lie in `packed`, one after the other. */
export interface FilingTask {
  readonly packed: ArrayBuffer;
  readonly bodies: readonly (Omit<PackedBody, "bytes"> & BodyPlace & { readonly length: number })[];
}

/** What the file system said; an Error does not take its code along from one thread to another. */
export interface FileRefusal {
  readonly code: string;
  readonly path: string;
  readonly message: string;
}

/** True: written; false: damaged, and not written. */
export type FilingOutcome = boolean | FileRefusal;

export interface FilingAnswer {
  readonly packed: ArrayBuffer;
  readonly outcomes: readonly FilingOutcome[];
}

/** Writes the files of a task. After a refusal none of the others is tried; they were refused, too. */
export function fileTask({ packed, bodies }: FilingTask): readonly FilingOutcome[] {
  let from = 0;
  let refused: FileRefusal | null = null;
  return bodies.map(({ length, codec, size, sha256, path, time }): FilingOutcome => {
    if (refused !== null) return refused;
    const bytes = Buffer.from(packed, from, length);
    from += length;
    try {
      return fileBody({ codec, bytes, size, sha256 }, { path, time });
    } catch (error) {
      refused = refusalOf(error, path);
      return refused;
    }
  });
}

function refusalOf(error: unknown, path: string): FileRefusal {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  // The calls on an open file do not name it.
  const said = error instanceof Error ? error.message : String(error);
  return { code, path, message: said.includes(path) ? said : `${said}, '${path}'` };
}
