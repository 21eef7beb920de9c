// Listens to the keys of the mail screen while it is shown.
import { useEffect, useRef } from "react";
import { type Move, moveOf } from "./keys.ts";

const TYPING = "input, textarea, select, [contenteditable]";
const CONTROL = "button, a[href], summary";

/** `onMove` is told what a key does; whatever it does is no longer the browser's. Dialogs have keys of their own. */
export function useMailKeys(onMove: (move: Move) => void): void {
  const latest = useRef(onMove);
  latest.current = onMove;
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const at = event.target instanceof Element ? event.target : null;
      // An open list of suggestions, or a menu, has its own.
      if (at?.getAttribute("aria-expanded") === "true" || document.querySelector('[role="dialog"]') !== null) return;
      const move = moveOf({
        key: event.key,
        hasModifier: event.ctrlKey || event.metaKey || event.altKey,
        isTyping: at?.matches(TYPING) ?? false,
        isOnControl: at?.matches(CONTROL) ?? false,
      });
      if (move === null) return;
      event.preventDefault();
      latest.current(move);
    };
    // Before a dialog hears it and is gone: its Escape is not ours.
    window.addEventListener("keydown", listen, { capture: true });
    return () => window.removeEventListener("keydown", listen, { capture: true });
  }, []);
}
