// How the engine's tests make a pass: the same call as the command line's, with a clock that stands and an archive in memory.
import { type Archive, asId, DEFAULT_POLICY, type Link, type Policy, type Remote } from "@packetboat/core";
import { type RunEvent, type RunResult, runLink } from "../src/index.ts";

export interface PassOptions {
  readonly policy?: Partial<Policy>;
  readonly now?: number;
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
  readonly retries?: boolean;
  readonly onEvent?: (event: RunEvent) => void;
}

export const NOON = Date.UTC(2026, 0, 15, 12);

/** A link that pulls. */
function pullLink(policy: Partial<Policy> = {}): Link {
  const rights = { pull: true, push: false };
  return { id: asId(1), accountId: asId(1), archiveId: asId(1), rights, policy: { ...DEFAULT_POLICY, ...policy } };
}

/** Makes one pass and gives its result. */
export async function pass(remote: Remote, archive: Archive, options: PassOptions = {}): Promise<RunResult> {
  const run = runLink({
    remote,
    writer: null,
    archive,
    link: pullLink(options.policy),
    names: { archive: "test", account: "test" },
    archiveIsPushed: false,
    dryRun: options.dryRun ?? false,
    now: () => options.now ?? NOON,
    signal: options.signal ?? new AbortController().signal,
    retries: options.retries ?? true,
  });
  for (;;) {
    const step = await run.next();
    if (step.done) return step.value;
    options.onEvent?.(step.value);
  }
}
