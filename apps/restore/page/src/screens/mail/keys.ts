// What a key does on the mail screen. Pure. Keys with a modifier are the browser's, and keys that are typed into a field are its text.

export type Move = "next" | "previous" | "open" | "back" | "search" | "help";

export interface Pressed {
  readonly key: string;
  readonly hasModifier: boolean;
  /** In a field that takes text. */
  readonly isTyping: boolean;
  /** On something that Enter presses: a button, a link. */
  readonly isOnControl: boolean;
}

/** Null: it is none of ours. */
export function moveOf({ key, hasModifier, isTyping, isOnControl }: Pressed): Move | null {
  if (hasModifier) return null;
  if (key === "Escape") return "back";
  if (isTyping) return null;
  switch (key) {
    case "j":
      return "next";
    case "k":
      return "previous";
    case "/":
      return "search";
    case "?":
      return "help";
    case "Enter":
      return isOnControl ? null : "open";
    default:
      return null;
  }
}
