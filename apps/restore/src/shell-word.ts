// A name as it is typed into a shell, for lines that people copy. Pure. Names come from elsewhere: harmless only, and never half quoted.
import { harmless } from "@packetboat/terminal";

/** Quoted where it must be; a word that begins with a dash would be an option. */
export function shellWord(text: string): string {
  const plain = harmless(text);
  return /^[A-Za-z0-9_@%+=:,./][A-Za-z0-9_@%+=:,./-]*$/.test(plain) ? plain : `'${plain.replaceAll("'", "'\\''")}'`;
}
