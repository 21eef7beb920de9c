// Listens to the keys of the mail screen while it is shown.
import { useEffect, useRef } from "react";
import { type Focus, type Move, moveOf, type Standing } from "./keys.ts";

/** The frame gives the focus to a screen as a whole when somebody goes there. */
const PAGE = "html, body, main";
const TYPING = 'input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable]';
const CONTROL = "button, a[href], summary, input";

function focusOf(at: Element | null): Focus {
  if (at === null || at.matches(PAGE)) return "nothing";
  if (at.matches(TYPING)) return "field";
  if (at.matches(CONTROL)) return "control";
  return at.closest('[role="listbox"]') === null ? "other" : "list";
}

/** `onMove` is told what a key does; whatever it does is no longer the browser's. Dialogs have keys of their own. */
export function useMailKeys(standing: Standing, onMove: (move: Move) => void): void {
  const latest = useRef({ standing, onMove });
  latest.current = { standing, onMove };
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const at = event.target instanceof Element ? event.target : null;
      // An open list of suggestions, or a menu, has its own.
      if (at?.getAttribute("aria-expanded") === "true" || document.querySelector('[role="dialog"]') !== null) return;
      const pressed = {
        key: event.key,
        shift: event.shiftKey,
        command: event.ctrlKey || event.metaKey,
        alt: event.altKey,
        focus: focusOf(at),
      };
      const move = moveOf(pressed, latest.current.standing);
      if (move === null) return;
      event.preventDefault();
      latest.current.onMove(move);
    };
    // Before a dialog hears it and is gone: its Escape is not ours.
    window.addEventListener("keydown", listen, { capture: true });
    return () => window.removeEventListener("keydown", listen, { capture: true });
  }, []);
}
