// Where a command writes: results on stdout, everything else on stderr, colour only where a person looks. It must never write a result
// and a progress line to the same stream, nor end with a stack trace because the reader of a pipe went away.

/** What a stream must be able to do; process.stdout and process.stderr are such. */
export interface Streams {
  readonly stdout: {
    write(text: string): unknown;
    readonly isTTY?: boolean | undefined;
    readonly columns?: number | undefined;
  };
  readonly stderr: {
    write(text: string): unknown;
    readonly isTTY?: boolean | undefined;
    readonly columns?: number | undefined;
  };
}

export interface ScreenOptions {
  readonly color: "auto" | "never" | "always";
  /** One JSON value on stdout, and no other text there. */
  readonly json: boolean;
  /** Silent on success: neither results for people nor progress. */
  readonly quiet: boolean;
}

type Paint = (text: string) => string;

export interface Screen extends ScreenOptions {
  /** A line of the result, for people: not printed with --json or --quiet. */
  readonly line: (text?: string) => void;
  /** The result for programs: printed with --json only. */
  readonly data: (value: unknown) => void;
  /** A bare value that was asked for (an address, a name): printed always. */
  readonly value: (text: string) => void;
  /** A line of progress on stderr; not printed with --quiet. */
  readonly progress: (text: string) => void;
  /** A line that matters on stderr, also with --quiet. */
  readonly warning: (text: string) => void;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** Of stderr. Default: 80. */
  readonly columns: () => number;
  /** How wide a line of the result may be. Infinity where no person looks: files and pipes get whole lines. */
  readonly width: () => number;
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly notable: Paint;
}

/** Gives the screen of a command. */
export function openScreen(streams: Streams, options: ScreenOptions): Screen {
  const { stdout, stderr } = streams;
  const colored = options.color === "always" || (options.color === "auto" && stdout.isTTY === true);
  const paint = (open: number, close: number): Paint =>
    colored ? (text) => `\u001b[${open}m${text}\u001b[${close}m` : (text) => text;
  const silent = options.quiet || options.json;
  return {
    ...options,
    line: (text = "") => {
      if (!silent) stdout.write(`${text}\n`);
    },
    data: (value) => {
      if (options.json) stdout.write(`${JSON.stringify(value, bigintAsText, stdout.isTTY === true ? 2 : undefined)}\n`);
    },
    value: (text) => {
      stdout.write(`${text}\n`);
    },
    progress: (text) => {
      if (!options.quiet) stderr.write(`${text}\n`);
    },
    warning: (text) => {
      stderr.write(`${text}\n`);
    },
    stdoutIsTerminal: stdout.isTTY === true,
    stderrIsTerminal: stderr.isTTY === true,
    // 0: a terminal that does not know its size.
    columns: () => stderr.columns || 80,
    width: () => (stdout.isTTY === true ? stdout.columns || 80 : Number.POSITIVE_INFINITY),
    bold: paint(1, 22),
    dim: paint(2, 22),
    good: paint(32, 39),
    bad: paint(31, 39),
    notable: paint(33, 39),
  };
}

/** JSON has no integer of 64 bits: UIDVALIDITY and MODSEQ are written as text. */
function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
