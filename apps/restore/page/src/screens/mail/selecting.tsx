// The selection that the mail screen has: of one list at a time. Another list, that is another mailbox, search or moment, begins with nothing. Only what
// asks for the selection is drawn anew when it changes.
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";
import type { Shown } from "../restore/what.ts";
import { after, type Choosing, NOTHING, orderOf, type Selection } from "./selection.ts";

export interface Selecting {
  /** What the screen shows, with what of it is selected; null: it is not here yet. */
  readonly shown: Shown | null;
  readonly selection: Selection;
  readonly choose: (choosing: Choosing) => void;
}

const Context = createContext<Selecting | null>(null);

interface Props {
  readonly shown: Shown | null;
  /** What names the list that is shown. */
  readonly list: string;
  readonly children: ReactNode;
}

export function SelectingWithin({ shown, list, children }: Props) {
  const [held, setHeld] = useState({ list, selection: NOTHING });
  const selection = held.list === list ? held.selection : NOTHING;
  const choose = useCallback(
    (choosing: Choosing) =>
      setHeld((before) => {
        const own = before.list === list ? before.selection : NOTHING;
        const next = after(own, choosing);
        return next === own ? before : { list, selection: next };
      }),
    [list],
  );
  const value = useMemo(
    () => ({ shown: shown === null ? null : { ...shown, selected: orderOf(selection) }, selection, choose }),
    [shown, selection, choose],
  );
  return <Context value={value}>{children}</Context>;
}

/** Only below SelectingWithin. */
export function useSelecting(): Selecting {
  const found = useContext(Context);
  if (found === null) throw new Error("There is no list here to select of.");
  return found;
}
