// What a message wants to show beside its text: pictures it brought along, pictures within its own HTML, and those that lie elsewhere, which tell
// their sender that it was read. Pure. It must never let anything be asked for that the reader did not allow, nor ever anything of the reader's own
// machine or network.

export type Resource =
  /** Brought along: a part of the message. */
  | { readonly kind: "part"; readonly cid: string }
  /** Written out within the HTML. */
  | { readonly kind: "own"; readonly url: string }
  /** Elsewhere. */
  | { readonly kind: "remote"; readonly url: string; readonly host: string }
  | { readonly kind: "none" };

const NONE: Resource = { kind: "none" };
/** Pictures that hold pixels and nothing else; never SVG, which is a document. */
const OWN = /^data:image\/(png|jpe?g|gif|webp)(;[a-z0-9=-]{1,40})?;base64,[a-z0-9+/=\s%]*$/i;
const MOST_OWN_CHARACTERS = 4_000_000;
const MOST_CHARACTERS = 8_000;

/** Says what an address in a message's HTML or CSS means. */
export function resourceOf(address: string): Resource {
  // As a browser reads it: blanks at the ends and line ends anywhere are nothing.
  const plain = address.replace(/[\t\r\n]/g, "").trim();
  if (/^data:/i.test(plain))
    return plain.length <= MOST_OWN_CHARACTERS && OWN.test(plain) ? { kind: "own", url: plain } : NONE;
  if (plain.length > MOST_CHARACTERS) return NONE;
  const [, cid] = /^cid:(.+)$/is.exec(plain) ?? [];
  if (cid !== undefined) return { kind: "part", cid: cidOf(cid) };
  // Without a base an address is whole, or it is none: what is relative would be asked of our own server.
  const whole = plain.replace(/^[\\/]{2}/, "https://");
  if (!/^https?:/i.test(whole) || !URL.canParse(whole)) return NONE;
  const url = new URL(whole);
  if (url.username + url.password !== "" || !isElsewhere(url.hostname)) return NONE;
  return { kind: "remote", url: url.href, host: url.hostname };
}

/** A Content-ID as it is compared: senders write it in many ways. */
export function cidOf(text: string): string {
  let plain = text;
  try {
    plain = decodeURIComponent(text);
  } catch {
    // As it stands.
  }
  return plain.trim().replace(/^<|>$/g, "").toLowerCase();
}

/** A name of the public web: not this machine, not the reader's own network, no number. */
function isElsewhere(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  if (name.startsWith("[") || /^[\d.]+$/.test(name) || !name.includes(".")) return false;
  return !/\.(localhost|local|internal|intranet|lan|home|corp|private|test|invalid|onion|arpa)$/.test(name);
}
