// Sign-ins at providers of tokens that wait for a person: each has a number that cannot be guessed, belongs to who began it, and ends by itself.
// Kept in this process alone: one that is lost is begun again. It must never tell one person of another's, nor give out a token.
import type { Random } from "@packetboat/archive";
import { type AccountId, asMailError, MailError } from "@packetboat/core";
import type { Operations, ServerFacts, SignInStep, WantedSignIn } from "../operations.ts";

const MOST_AT_ONCE = 5;
/** As long as providers give a code, and a page. */
const LASTS_MS = 15 * 60_000;
/** How long the end is remembered, for who asks what became of it. */
const REMEMBERED_MS = 10 * 60_000;

/** What became of one. */
export type SignInState =
  | { readonly state: "waiting"; readonly step: SignInStep }
  | { readonly state: "done"; readonly account: AccountId; readonly facts: ServerFacts }
  | { readonly state: "failed"; readonly error: MailError };

interface Kept {
  readonly userId: number;
  readonly end: AbortController;
  state: SignInState;
}

export interface SignIns extends AsyncDisposable {
  /**
   * Begins one; comes back when there is something for the person to do, or with what there is to say against it. `onDone`: told of the account
   * before anybody else is. Throws THROTTLED where too many wait.
   */
  readonly begin: (
    userId: number,
    wanted: WantedSignIn,
    random: Random,
    onDone: (account: AccountId) => Promise<void>,
  ) => Promise<{ readonly id: string; readonly step: SignInStep } | MailError>;
  /** Null: this user has none of this number, or it is long over. */
  readonly state: (userId: number, id: string) => SignInState | null;
  /** Gives whether there was one. */
  readonly cancel: (userId: number, id: string) => boolean;
}

/** Makes the list of one server. */
export function openSignIns(operations: Pick<Operations, "signIn">): SignIns {
  const all = new Map<string, Kept>();
  const ending = new Set<Promise<void>>();
  const own = (userId: number, id: string): Kept | null => {
    const one = all.get(id);
    return one?.userId === userId ? one : null;
  };
  return {
    async begin(userId, wanted, random, onDone) {
      const waiting = [...all.values()].filter(({ state }) => state.state === "waiting");
      if (waiting.length >= MOST_AT_ONCE)
        throw new MailError(
          "THROTTLED",
          "Several sign-ins are waiting for somebody. End one, or try again in a while.",
          {
            context: { seconds: 60 },
          },
        );
      const id = random(16).toString("base64url");
      const end = new AbortController();
      const begun = Promise.withResolvers<SignInStep | MailError>();
      const kept: Kept = { userId, end, state: { state: "waiting", step: { page: "", code: null } } };
      all.set(id, kept);
      const show = (step: SignInStep): void => {
        kept.state = { state: "waiting", step };
        begun.resolve(step);
      };
      const signal = AbortSignal.any([end.signal, AbortSignal.timeout(LASTS_MS)]);
      const ended = operations
        .signIn(wanted, show, signal)
        .then(async (done) => {
          await onDone(done.account);
          kept.state = { state: "done", ...done };
        })
        .catch((thrown: unknown) => {
          const error = signal.aborted ? overError() : asMailError(thrown);
          kept.state = { state: "failed", error };
          begun.resolve(error);
        })
        .finally(() => {
          ending.delete(ended);
          setTimeout(() => all.delete(id), REMEMBERED_MS).unref();
        });
      ending.add(ended);
      const step = await begun.promise;
      if (!(step instanceof MailError)) return { id, step };
      // Whoever could not even begin has nothing to be asked about.
      all.delete(id);
      return step;
    },
    state: (userId, id) => own(userId, id)?.state ?? null,
    cancel: (userId, id) => {
      const one = own(userId, id);
      one?.end.abort(new MailError("INTERRUPTED", "The sign-in was ended; nothing was kept."));
      return one !== null;
    },
    [Symbol.asyncDispose]: async () => {
      for (const { end } of all.values()) end.abort(new MailError("INTERRUPTED", "The server is stopping."));
      await Promise.all(ending);
    },
  };
}

const overError = (): MailError =>
  new MailError("SIGN_IN_EXPIRED", "The sign-in was ended, or nobody finished it in time. Begin again.");
