// Makes a self-signed X.509 certificate (P-256) for a test server with node alone, so no test depends on an openssl program.
// Wrong ones (expired, for another host) can be made on purpose. It must never be used outside tests.
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

export interface CertificateOptions {
  /** DNS names it is valid for. Default: localhost. */
  readonly names?: readonly string[];
  /** IPv4 addresses it is valid for. Default: 127.0.0.1. */
  readonly addresses?: readonly string[];
  /** Default: a day ago and ten years from now. */
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** PEM texts; the certificate is its own authority, so a client trusts it by taking `certificate` as its CA file. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

const DAY = 86_400_000;

/** Makes a certificate and its key. */
export function makeCertificate(options: CertificateOptions = {}, now = new Date()): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const names = options.names ?? ["localhost"];
  const addresses = options.addresses ?? ["127.0.0.1"];
  const ecdsaWithSha256 = sequence(oid([42, 134, 72, 206, 61, 4, 3, 2]));
  const subject = sequence(tlv(0x31, sequence(oid([85, 4, 3]), tlv(0x0c, Buffer.from(names[0] ?? "localhost")))));
  const alternatives = sequence(
    ...names.map((name) => tlv(0x82, Buffer.from(name, "ascii"))),
    ...addresses.map((address) => tlv(0x87, Buffer.from(address.split(".").map(Number)))),
  );
  const extensions = sequence(
    sequence(oid([85, 29, 17]), tlv(0x04, alternatives)),
    sequence(oid([85, 29, 19]), tlv(0x01, Buffer.from([0xff])), tlv(0x04, sequence(tlv(0x01, Buffer.from([0xff]))))),
  );
  const serial = randomBytes(12);
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f);
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, serial),
    ecdsaWithSha256,
    subject,
    sequence(
      time(options.notBefore ?? new Date(now.getTime() - DAY)),
      time(options.notAfter ?? new Date(now.getTime() + 3650 * DAY)),
    ),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    tlv(0xa3, extensions),
  );
  const signature = sign("sha256", body, privateKey);
  const der = sequence(body, ecdsaWithSha256, tlv(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = der.toString("base64").replace(/.{64}(?=.)/g, "$&\n");
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function tlv(tag: number, content: Buffer): Buffer {
  const length = content.length;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  if (length < 0x100) return Buffer.concat([Buffer.from([tag, 0x81, length]), content]);
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 0xff]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

function oid(encoded: readonly number[]): Buffer {
  return tlv(0x06, Buffer.from(encoded));
}

/** GeneralizedTime from 2050 on, UTCTime before (RFC 5280 4.1.2.5). */
function time(at: Date): Buffer {
  const digits = at.toISOString().replace(/[-:T]|\.\d+/g, "");
  return at.getUTCFullYear() < 2050 ? tlv(0x17, Buffer.from(digits.slice(2))) : tlv(0x18, Buffer.from(digits));
}
