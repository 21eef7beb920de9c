// What a key does on the mail screen. Pure. Keys with a modifier are the browser's, but for those that select; keys that are typed into a field are its
// text, and arrows belong to whatever has the focus.

export type Move =
  | "next"
  | "previous"
  | "open"
  | "back"
  | "search"
  | "help"
  | "toggle"
  | "extendNext"
  | "extendPrevious"
  | "all"
  | "clear";

/**
 * What has the focus. field: it takes text. control: what Enter presses, a button or a link. list: the messages. nothing: the page as a whole. other:
 * a slider, the message that is read.
 */
export type Focus = "field" | "control" | "list" | "nothing" | "other";

export interface Pressed {
  readonly key: string;
  readonly shift: boolean;
  /** Ctrl, or the command key. */
  readonly command: boolean;
  readonly alt: boolean;
  readonly focus: Focus;
}

/** What is on the screen. */
export interface Standing {
  readonly isSelecting: boolean;
  /** A message is open. */
  readonly isReading: boolean;
}

/** Null: it is none of ours. */
export function moveOf(
  { key, shift, command, alt, focus }: Pressed,
  { isSelecting, isReading }: Standing,
): Move | null {
  if (alt) return null;
  if (command) {
    const isOurs = focus === "list" || (focus === "nothing" && !isReading);
    return isOurs && !shift && key.toLowerCase() === "a" ? "all" : null;
  }
  if (key === "Escape") return isSelecting && focus !== "field" ? "clear" : "back";
  if (focus === "field") return null;
  if (focus === "list") {
    if (key === "ArrowDown") return shift ? "extendNext" : "next";
    if (key === "ArrowUp") return shift ? "extendPrevious" : "previous";
    if (key === " ") return "toggle";
  }
  if (shift && key.toLowerCase() === "j") return "extendNext";
  if (shift && key.toLowerCase() === "k") return "extendPrevious";
  switch (key) {
    case "j":
      return "next";
    case "k":
      return "previous";
    case "x":
      return "toggle";
    case "/":
      return "search";
    case "?":
      return "help";
    case "Enter":
      return focus === "control" ? null : "open";
    default:
      return null;
  }
}
