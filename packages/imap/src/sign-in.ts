// Signs in: PLAIN, LOGIN, OAUTHBEARER, XOAUTH2, in one round trip where the server allows it (SASL-IR). Rejected, put off and impossible are
// three different errors (trap 27), and none is ever tried again here: only the gate asks for another token, once. It must never let a
// secret into an error or a log.
import type { Internals } from "./client.ts";
import { type Endpoint, noMechanism, Refused, signInError } from "./errors.ts";
import { wantsId } from "./provider-texts.ts";
import { refusalOf } from "./refusal.ts";
import type { Answer, Token as Argument } from "./tokens.ts";

/** Which of the two ways to show a token comes first; the other is taken where the server offers only that. */
export type TokenMechanism = "oauthbearer" | "xoauth2";

/**
 * Gives the access token of a connection that is about to be opened: hours may lie between two of them. `refused`: the server has just
 * refused this token; gives another, or null when there is none.
 */
export type TokenSource = (refused: string | null) => Promise<string | null>;

type Password = { readonly kind: "password"; readonly password: string; readonly mechanism?: "login" | "plain" };
type Token = { readonly kind: "token"; readonly token: string; readonly mechanism?: TokenMechanism };
type Tokens = { readonly kind: "tokens"; readonly give: TokenSource; readonly mechanism?: TokenMechanism };

/** How an account is signed in to: by a password, by one token, or by tokens that renew themselves. */
export type Auth = Password | Token | Tokens;

export interface Credentials {
  readonly user: string;
  /** Whom to act for, in an administrator's sign-in (PLAIN only); null for oneself. */
  readonly authzid: string | null;
  readonly auth: Password | Token;
}

type Mechanism = SignInWords["mechanism"];

/** Picks how to sign in from what the server announces. Null: nothing fits. */
function mechanismFor(credentials: Credentials, capabilities: ReadonlySet<string>): Mechanism | null {
  if (credentials.auth.kind === "token") {
    const both = ["OAUTHBEARER", "XOAUTH2"] as const;
    const offered = both.filter((name) => capabilities.has(`AUTH=${name}`));
    return (
      offered.find((name) => name.toLowerCase() === (credentials.auth.mechanism ?? "oauthbearer")) ?? offered[0] ?? null
    );
  }
  const { mechanism } = credentials.auth;
  if (mechanism !== "login" && capabilities.has("AUTH=PLAIN")) return "PLAIN";
  if (credentials.authzid !== null || mechanism === "plain") return null;
  if (!capabilities.has("LOGINDISABLED")) return "LOGIN";
  return capabilities.has("AUTH=LOGIN") ? "SASL LOGIN" : null;
}

const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");

/** What is sent, in order, when the server asks: one answer for PLAIN and the tokens, two for LOGIN. */
function answersOf(
  mechanism: Mechanism,
  { user, authzid, auth }: Credentials,
  { host, port }: Endpoint,
): readonly string[] {
  if (auth.kind === "password")
    return mechanism === "PLAIN"
      ? [base64(`${authzid ?? ""}\0${user}\0${auth.password}`)]
      : [base64(user), base64(auth.password)];
  return mechanism === "XOAUTH2"
    ? [base64(`user=${user}\x01auth=Bearer ${auth.token}\x01\x01`)]
    : [
        base64(
          `n,a=${user.replaceAll("=", "=3D").replaceAll(",", "=2C")},\x01host=${host}\x01port=${port}\x01auth=Bearer ${auth.token}\x01\x01`,
        ),
      ];
}

/** A string argument: in quotes where that is possible, else a literal. `sensitive` keeps it out of imapflow's errors. */
function secretArgument(text: string): Argument {
  const quotable = /^[\x20-\x7e]*$/.test(text);
  const token = quotable ? { type: "STRING", value: text } : { type: "LITERAL", value: Buffer.from(text, "utf8") };
  return Object.assign(token, { sensitive: true });
}

async function exchange(
  client: Internals,
  mechanism: Mechanism,
  answers: readonly string[],
  initial: boolean,
): Promise<void> {
  const waiting = [...answers];
  const args: Argument[] = [{ type: "ATOM", value: mechanism === "SASL LOGIN" ? "LOGIN" : mechanism }];
  const first = initial ? waiting.shift() : undefined;
  if (first !== undefined) args.push(Object.assign({ type: "ATOM", value: first }, { sensitive: true }));
  const done = await client.exec("AUTHENTICATE", args, {
    // After our last answer a further challenge is an error report (RFC 7628, XOAUTH2): it wants an empty line, then says NO.
    onPlusTag: async () => client.write(waiting.shift() ?? ""),
  });
  done.next();
}

/** How to sign in: what is sent, in order. The first answer goes with the command where `initial`. */
export interface SignInWords {
  readonly mechanism: "PLAIN" | "XOAUTH2" | "OAUTHBEARER" | "SASL LOGIN" | "LOGIN";
  readonly answers: readonly string[];
  readonly initial: boolean;
}

/** Gives the words of a sign-in for what the server announces. Throws AUTH_REJECTED when it offers nothing that fits. */
export function signInWords(
  capabilities: ReadonlySet<string>,
  endpoint: Endpoint,
  credentials: Credentials,
): SignInWords {
  const mechanism = mechanismFor(credentials, capabilities);
  if (mechanism === null) {
    const wanted =
      credentials.auth.kind === "token"
        ? "OAUTHBEARER or XOAUTH2"
        : credentials.authzid !== null
          ? "PLAIN, which --authzid needs"
          : "a password sign-in";
    throw noMechanism(endpoint, wanted, capabilities.has("LOGINDISABLED"));
  }
  const initial = mechanism !== "SASL LOGIN" && capabilities.has("SASL-IR");
  return { mechanism, answers: answersOf(mechanism, credentials, endpoint), initial };
}

/** Signs in on an opened connection. Throws AUTH_REJECTED, THROTTLED; a lost connection as it comes. */
export async function signIn(
  gate: { readonly capabilities: ReadonlySet<string> },
  client: Internals,
  endpoint: Endpoint,
  credentials: Credentials,
): Promise<void> {
  if (client.state !== client.states.NOT_AUTHENTICATED) return; // PREAUTH
  const { mechanism, answers, initial } = signInWords(gate.capabilities, endpoint, credentials);
  // Capabilities differ after sign-in; most servers send them with the answer, the others are asked below.
  client.expectCapabilityUpdate = true;
  try {
    if (mechanism === "LOGIN" && credentials.auth.kind === "password") {
      const args = [secretArgument(credentials.user), secretArgument(credentials.auth.password)];
      const done: { response: Answer; next(): void } = await client.exec("LOGIN", args, {});
      done.next();
    } else {
      await exchange(client, mechanism, answers, initial);
    }
  } catch (error) {
    const refused = refusalOf(error);
    if (refused instanceof Refused) throw signInError(refused, endpoint, credentials.auth.kind);
    throw error;
  }
  client.state = client.states.AUTHENTICATED;
  client.authenticated = true;
  if (client.expectCapabilityUpdate) await client.run("CAPABILITY");
  if (wantsId(endpoint.host) && gate.capabilities.has("ID")) await client.run("ID", { name: "Packetboat" });
}
