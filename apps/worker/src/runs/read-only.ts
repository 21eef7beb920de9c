// An archive that cannot be written: what a dry run is given (G2). It is no run either: it leaves no row that `status` could take for a
// good one. Whatever would write is a defect, and is stopped here rather than trusted not to happen.
import { type Archive, asId, MailError, type RunId } from "@packetboat/core";

const refuse = (): Promise<never> =>
  Promise.reject(
    new MailError(
      "BUG",
      "Packetboat has a defect: a dry run was about to write. Nothing was written; please report this.",
    ),
  );

/** Gives the archive with every way to write it closed. */
export function readOnly(archive: Archive): Archive {
  return {
    ...archive,
    beginRun: async () => ({ runId: asId<RunId>(0), revision: await archive.revision() }),
    finishRun: () => Promise.resolve(),
    storeBodies: refuse,
    commit: refuse,
    useApproval: refuse,
  };
}
