// Many small questions as few large ones: what is asked within a moment goes to the database together. It must never lose an answer, nor let
// one asker's failure be another's silence.

/** Gathers questions. */
export interface Gathered<Item, Answer> {
  /** Settles with this item's answer, a moment later. */
  readonly ask: (item: Item) => Promise<Answer>;
  /** Asks now what has been gathered. */
  readonly flush: () => Promise<void>;
}

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * `answer` gets the items of a moment (`momentMs` after the first; 0: each at once), and gives as many answers in their order. What it throws
 * every asker gets. `pace`: one question at a time gathers for as long as the one before it takes, so that whoever is busy is asked less often.
 */
export function gathered<Item, Answer>(
  momentMs: number,
  answer: (items: readonly Item[]) => Promise<readonly Answer[]>,
  pace: "several at once" | "one at a time" = "several at once",
): Gathered<Item, Answer> {
  let waiting: Waiting<Item, Answer>[] = [];
  let timer: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();
  const send = async (): Promise<void> => {
    const asked = waiting;
    waiting = [];
    if (asked.length === 0) return;
    try {
      const answers = await answer(asked.map(({ item }) => item));
      for (const [index, { resolve }] of asked.entries()) resolve(answers[index] as Answer);
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  };
  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    if (pace === "several at once") return send();
    last = last.then(send);
    return last;
  };
  return {
    ask: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        if (momentMs === 0) void flush();
        else timer ??= setTimeout(() => void flush(), momentMs);
      }),
    flush,
  };
}
