// Where a password comes from: an option, the address, the environment, what was kept, or the person at the terminal, in this order.
// The choice is pure; reading a file or running a command is apart. It must never write a password anywhere or put it into an error.
import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { MailError } from "@packetboat/core";

/** A way to a password. `sealed` holds its opener, so that a key file is read only when nothing else was given. */
export type PasswordSource =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "command"; readonly command: string }
  | { readonly kind: "url"; readonly password: string }
  | { readonly kind: "environment"; readonly variable: string; readonly password: string }
  | { readonly kind: "kept"; readonly open: () => Promise<string> }
  | { readonly kind: "prompt" };

/** `Kept`: what an account itself may say beside the ways to a password. */
export interface PasswordChoices<Kept = never> {
  readonly file?: string | undefined;
  readonly command?: string | undefined;
  readonly url?: string | null | undefined;
  readonly environment?: { readonly variable: string; readonly password: string | undefined } | undefined;
  /** What the account itself says: a file or a command named by `account add`, or a sealed password. */
  readonly kept?: PasswordSource | Kept | null | undefined;
  readonly terminal: boolean;
  /** What to say where there is none. Default: PASSWORD_WAYS. */
  readonly ways?: string | undefined;
}

/** The ways to give a password, for messages. */
export const PASSWORD_WAYS =
  "Give it with --password-file FILE, --password-command COMMAND, the environment variable PACKETBOAT_PASSWORD, or in the address";

/** Gives the first way there is. Throws CONFIG_INVALID when two options contradict each other, or when there is none. */
export function choosePassword<Kept = never>(choices: PasswordChoices<Kept>): PasswordSource | Kept {
  if (choices.file !== undefined && choices.command !== undefined) {
    throw new MailError("CONFIG_INVALID", "Give either --password-file or --password-command, not both.");
  }
  if (choices.file !== undefined) return { kind: "file", path: choices.file };
  if (choices.command !== undefined) return { kind: "command", command: choices.command };
  if (typeof choices.url === "string") return { kind: "url", password: choices.url };
  const { environment } = choices;
  if (environment?.password !== undefined && environment.password !== "") {
    return { kind: "environment", variable: environment.variable, password: environment.password };
  }
  if (choices.kept) return choices.kept;
  if (choices.terminal) return { kind: "prompt" };
  throw new MailError(
    "CONFIG_INVALID",
    `There is no password for this account and no terminal to ask on. ${choices.ways ?? PASSWORD_WAYS}.`,
  );
}

/** Longer is no password but a wrong file. */
const MAX_PASSWORD_BYTES = 65_536;
const COMMAND_TIMEOUT_MS = 60_000;

/** Gives the password of a source. `ask` is called for `prompt` only. Throws CONFIG_INVALID with a sentence that names the way, not the secret. */
export async function readPassword(source: PasswordSource, ask: () => Promise<string>): Promise<string> {
  switch (source.kind) {
    case "url":
    case "environment":
      return source.password;
    case "file":
      return firstLine(await readBounded(source.path), `The password file ${source.path}`);
    case "command":
      return firstLine(await runCommand(source.command), "The output of the password command");
    case "kept":
      return await source.open();
    case "prompt":
      return await ask();
  }
}

function firstLine(text: string, what: string): string {
  const line = text.replace(/^\ufeff/, "").split(/\r?\n/, 1)[0] ?? "";
  if (line === "") throw new MailError("CONFIG_INVALID", `${what} is empty. The password must be its first line.`);
  if (line.includes("\0"))
    throw new MailError("CONFIG_INVALID", `${what} is not text. The password must be its first line.`);
  return line;
}

async function readBounded(path: string): Promise<string> {
  try {
    const file = await open(path, "r");
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_PASSWORD_BYTES), 0, MAX_PASSWORD_BYTES, null);
      return buffer.toString("utf8", 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new MailError("CONFIG_INVALID", `The password file ${path} cannot be read (${code}).`, { cause: error });
  }
}

/** Runs it by the shell, with our terminal as its own, so that `pass` and `gpg` can ask for a passphrase. */
function runCommand(command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, { shell: true, stdio: ["inherit", "pipe", "inherit"], timeout: COMMAND_TIMEOUT_MS });
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_PASSWORD_BYTES) chunks.push(chunk);
    });
    child.once("error", (error) => reject(failed("could not be started", error)));
    child.once("close", (code, signal) => {
      if (code === 0) resolve(Buffer.concat(chunks).toString("utf8"));
      else reject(failed(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`));
    });
  });
}

function failed(how: string, cause?: unknown): MailError {
  return new MailError("CONFIG_INVALID", `The password command ${how}. Run it by hand to see why.`, { cause });
}
