// What a run looks like while it goes on: a state that events change, and two ways to show it (on a terminal, and as plain lines). Pure:
// time comes in as a number. It must never keep anything that grows with mail or mailboxes.
import { bytes, count, duration, fit, harmless, percent, plural } from "@packetboat/terminal";

/** What the display takes of an engine's event. */
export type ProgressEvent =
  | { readonly kind: "listed"; readonly mailboxes: number; readonly unchanged: number; readonly messages: number }
  | { readonly kind: "looking"; readonly mailbox: string }
  | { readonly kind: "fetching"; readonly messages: number }
  | { readonly kind: "stored"; readonly mailbox: string; readonly messages: number; readonly bytes: number }
  /** What a push looks through: at most so many are sent. */
  | { readonly kind: "pushing"; readonly messages: number }
  | { readonly kind: "sent"; readonly mailbox: string; readonly messages: number; readonly bytes: number }
  | { readonly kind: "failed"; readonly mailbox: string; readonly uid: number }
  | { readonly kind: "mailboxDone"; readonly mailbox: string };

interface Sample {
  readonly at: number;
  readonly messages: number;
  readonly bytes: number;
}

export interface ProgressState {
  readonly label: string;
  readonly started: number;
  readonly phase: "connecting" | "looking" | "fetching" | "sending";
  /** Mailboxes with something to look at, and how many of them are done. */
  readonly mailboxes: number;
  readonly mailboxesDone: number;
  readonly mailbox: string;
  readonly toFetch: number;
  readonly messages: number;
  readonly bytes: number;
  readonly failed: number;
  /** One per second, of the last ten seconds: what speed and remaining time are reckoned from. */
  readonly samples: readonly Sample[];
}

const WINDOW_MS = 10_000;
const SAMPLE_MS = 1_000;
const BAR_COLUMNS = 24;

/** Gives the state before anything was said by the server. */
export function startProgress(label: string, now: number): ProgressState {
  return {
    label,
    started: now,
    phase: "connecting",
    mailboxes: 0,
    mailboxesDone: 0,
    mailbox: "",
    toFetch: 0,
    messages: 0,
    bytes: 0,
    failed: 0,
    samples: [],
  };
}

/** Gives the state after an event. */
export function advance(state: ProgressState, event: ProgressEvent, now: number): ProgressState {
  switch (event.kind) {
    case "listed":
      return { ...state, phase: "looking", mailboxes: event.mailboxes - event.unchanged };
    case "looking":
      return { ...state, mailbox: event.mailbox };
    case "fetching":
      return { ...state, phase: "fetching", toFetch: state.toFetch + event.messages, samples: sampled(state, now) };
    case "pushing":
      // A migration pushes again and again while the other account is pulled.
      if (state.phase === "sending") return { ...state, toFetch: state.messages + event.messages };
      return { ...state, phase: "sending", toFetch: event.messages, messages: 0, bytes: 0, samples: [], mailbox: "" };
    case "sent":
    case "stored": {
      const next = {
        ...state,
        mailbox: event.mailbox,
        messages: state.messages + event.messages,
        bytes: state.bytes + event.bytes,
      };
      return { ...next, samples: sampled(next, now) };
    }
    case "failed":
      return { ...state, failed: state.failed + 1 };
    case "mailboxDone":
      return { ...state, mailboxesDone: state.mailboxesDone + 1 };
  }
}

function sampled(state: ProgressState, now: number): readonly Sample[] {
  const last = state.samples.at(-1);
  if (last !== undefined && now - last.at < SAMPLE_MS) return state.samples;
  const kept = state.samples.filter(({ at }) => now - at <= WINDOW_MS);
  return [...kept, { at: now, messages: state.messages, bytes: state.bytes }];
}

/** Bytes a second and milliseconds left; null while there is too little to reckon from. */
function paceOf(state: ProgressState, now: number): { readonly bytesPerSecond: number; readonly left: number } | null {
  const first = state.samples[0];
  if (first === undefined || now - first.at < SAMPLE_MS || state.messages === first.messages) return null;
  const seconds = (now - first.at) / 1000;
  const left = Math.max(0, state.toFetch - state.messages - state.failed);
  return {
    bytesPerSecond: (state.bytes - first.bytes) / seconds,
    left: (left / (state.messages - first.messages)) * seconds * 1000,
  };
}

function numbers(state: ProgressState, now: number): readonly string[] {
  const pace = paceOf(state, now);
  const done = state.messages + state.failed;
  const verb = state.phase === "sending" ? "sent " : "";
  return [
    state.toFetch > 0
      ? `${verb}${count(done)} of ${plural(state.toFetch, "message")}`
      : `${verb}${plural(state.messages, "message")}`,
    bytes(state.bytes),
    ...(pace === null ? [] : [`${bytes(pace.bytesPerSecond)}/s`]),
    ...(pace === null || pace.left === 0 ? [] : [`${duration(pace.left)} left`]),
    ...(state.failed > 0 ? [`${count(state.failed)} failed`] : []),
  ];
}

function bar(part: number, whole: number): string {
  const full = whole <= 0 ? 0 : Math.min(BAR_COLUMNS, Math.floor((part / whole) * BAR_COLUMNS));
  return "━".repeat(full) + "╌".repeat(BAR_COLUMNS - full);
}

/** Gives the lines of the live display, none wider than `columns`. */
export function liveLines(state: ProgressState, now: number, columns: number): readonly string[] {
  const where = state.mailbox === "" ? "" : `  ${harmless(state.mailbox)}`;
  const elapsed = duration(now - state.started);
  if (state.phase === "connecting") return [fit(`${state.label}  connecting  ${elapsed}`, columns)];
  if (state.phase === "looking") {
    const at = Math.min(state.mailboxes, state.mailboxesDone + 1);
    const what = state.mailboxes === 0 ? "looking" : `looking at mailbox ${count(at)} of ${count(state.mailboxes)}`;
    return [fit(`${state.label}  ${what}  ${elapsed}${where}`, columns)];
  }
  const done = state.messages + state.failed;
  const head = `${bar(done, state.toFetch)} ${percent(done, state.toFetch).padStart(5)}  `;
  return [fit(`${state.label}${where}`, columns), fit(head + numbers(state, now).join("  "), columns)];
}

/** Gives the one line that is printed every few seconds where no terminal is. */
export function plainLine(state: ProgressState, now: number): string {
  if (state.phase === "connecting") return `${state.label}: connecting for ${duration(now - state.started)}`;
  if (state.phase === "looking") {
    return `${state.label}: looked at ${count(state.mailboxesDone)} of ${plural(state.mailboxes, "mailbox")}`;
  }
  return `${state.label}: ${numbers(state, now).join(", ")}`;
}
