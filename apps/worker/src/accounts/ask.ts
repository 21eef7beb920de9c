// Asks a person, on stderr, so that stdout stays the result's. Loaded only when there is somebody to ask.
// It must never echo a password, nor ask where there is no terminal.
import { confirm, isCancel, password } from "@clack/prompts";
import { MailError } from "@packetboat/core";

const cancelled = () => new MailError("INTERRUPTED", "Nothing was done.");

/** Asks for a password. Throws INTERRUPTED on Ctrl-C. */
export async function askPassword(account: string): Promise<string> {
  const answer = await password({
    message: `Password of ${account}`,
    output: process.stderr,
    validate: (text) => (text === undefined || text === "" ? "The password is empty." : undefined),
  });
  if (isCancel(answer)) throw cancelled();
  return answer;
}

/** Asks a question that is answered by yes or no. Throws INTERRUPTED on Ctrl-C. */
export async function askYesNo(question: string, preset: boolean): Promise<boolean> {
  const answer = await confirm({ message: question, initialValue: preset, output: process.stderr });
  if (isCancel(answer)) throw cancelled();
  return answer;
}
