// Opens a lean connection and signs in, as sign-in.ts does on the other kind: the same words, the same errors, none ever tried again here.
// It must never send a password before TLS stands where TLS is required.
import type { MailError } from "@packetboat/core";
import { admitted } from "./admission.ts";
import type { Door } from "./door.ts";
import { connectionError, Refused, signInError } from "./errors.ts";
import { Lean, type LeanShared } from "./lean.ts";
import { wantsId } from "./provider-texts.ts";
import { type Credentials, type SignInWords, signInWords } from "./sign-in.ts";

/** `begun` gets each connection before it stands, so that it can be ended at any time. Throws as connectRemote does. */
export async function openLean(door: Door, shared: LeanShared, begun: (lean: Lean) => void): Promise<Lean> {
  return await admitted(door, (auth) => opened(door, auth, shared, begun));
}

async function opened(
  door: Door,
  auth: Credentials["auth"],
  shared: LeanShared,
  begun: (lean: Lean) => void,
): Promise<Lean> {
  const { lean, greeting } = await Lean.open(door, shared, begun);
  // The whole of it has one deadline: a server that keeps talking is no less hung.
  const cancel = shared.clock.after(door.limits.signInMs, () => lean.giveUp("SIGN_IN_TIMEOUT"));
  try {
    const announced = /\[CAPABILITY ([^\]]*)\]/i.exec(greeting)?.[1];
    if (announced === undefined) await lean.command(["CAPABILITY"]);
    else lean.announce(announced);
    if (door.security === "starttls") await startTls(lean, shared);
    if (!/^\* PREAUTH\b/i.test(greeting)) await signIn(lean, auth);
    lean.signedIn = true;
    return lean;
  } catch (error) {
    lean.destroy();
    throw error;
  } finally {
    cancel();
  }
}

async function startTls(lean: Lean, shared: LeanShared): Promise<void> {
  if (!lean.capabilities.has("STARTTLS")) throw noTls(lean);
  try {
    await lean.command(["STARTTLS"]);
  } catch (error) {
    throw error instanceof Refused ? noTls(lean) : error;
  }
  await lean.secure(shared);
  // What was announced in clear text counts no more.
  await lean.command(["CAPABILITY"]);
}

function noTls({ door }: Lean): MailError {
  const error = Object.assign(new Error("no STARTTLS"), { tlsFailed: true });
  return connectionError(error, door, { error, bye: null, aborted: false }, false);
}

async function signIn(lean: Lean, auth: Credentials["auth"]): Promise<void> {
  const { door } = lean;
  const words = signInWords(lean.capabilities, door, { user: door.user, authzid: door.authzid, auth });
  const before = lean.capabilities;
  try {
    await lean.command(piecesOf(words));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    throw signInError(error, door, auth.kind);
  }
  if (lean.capabilities === before) await lean.command(["CAPABILITY"]);
  if (wantsId(door.host) && lean.capabilities.has("ID")) await lean.command(['ID ("name" "Packetboat")']);
}

function piecesOf({ mechanism, answers, initial }: SignInWords): readonly string[] {
  if (mechanism === "LOGIN")
    return joined(["LOGIN", ...answers.map((coded) => Buffer.from(coded, "base64").toString("utf8"))]);
  const name = mechanism === "SASL LOGIN" ? "LOGIN" : mechanism;
  const [first = "", ...rest] = answers;
  return initial ? [`AUTHENTICATE ${name} ${first}`, ...rest] : [`AUTHENTICATE ${name}`, ...answers];
}

/** A command with string arguments, cut where a literal has to wait for the server; text in, bytes as latin1 out. */
export function joined([verb = "", ...strings]: readonly string[]): readonly string[] {
  const pieces = [verb];
  for (const text of strings) {
    const last = pieces.length - 1;
    if (/^[\x20-\x7e]*$/.test(text)) pieces[last] += ` "${text.replace(/[\\"]/g, "\\$&")}"`;
    else {
      const bytes = Buffer.from(text, "utf8").toString("latin1");
      pieces[last] += ` {${bytes.length}}`;
      pieces.push(bytes);
    }
  }
  return pieces;
}
