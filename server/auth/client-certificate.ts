import { createHash } from "node:crypto";
import { type Certificate, parseCertificate } from "../../pki/certificate.ts";
import { allowsUsage } from "../../pki/extensions.ts";
import { isIssuedBy } from "../../pki/signature.ts";

/** A certificate whose chain was found good; its dates are still to be checked on every use. */
interface Verified {
  readonly certificate: Certificate;
  /** Why it is not good, whatever the time. Made once: every request of an ordinary client is no front proxy's. */
  readonly error: Error | undefined;
  /** The issuers up to the authority: none of them may be out of its time. */
  readonly chain: readonly Certificate[];
  /** When all of them are in their time, in milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
}

const MAX_CHAIN = 8;
const MAX_KNOWN = 1000;

/**
 * Checks client certificates against authorities, as Go's x509.Verify with ExtKeyUsageClientAuth. A connection brings
 * the same bytes with every request, so the result is kept for as long as they live; and clients come again with the
 * same certificate on new connections, so the last results are kept besides.
 */
export class ClientCertificateVerifier {
  readonly #authorities: readonly Certificate[];
  readonly #known = new WeakMap<Uint8Array, Verified>();
  /** By a digest of all that was shown, the most recent last. */
  readonly #recent = new Map<string, Verified>();

  constructor(authorities: readonly Certificate[]) {
    this.#authorities = authorities;
  }

  /** @throws Error worded as Go's crypto/x509 */
  verify(der: Uint8Array, intermediates: readonly Uint8Array[], now: Date): Certificate {
    const result = this.check(der, intermediates, now);
    if (result instanceof Error) throw result;
    return result;
  }

  /** As `verify`, but a chain that leads nowhere is told, not thrown. @throws Error for one that is out of its time */
  check(der: Uint8Array, intermediates: readonly Uint8Array[], now: Date): Certificate | Error {
    let verified = this.#known.get(der);
    if (!verified) {
      verified = this.#recall(der, intermediates);
      this.#known.set(der, verified);
    }
    const at = now.getTime();
    if (at < verified.from || at > verified.until) {
      for (const certificate of [verified.certificate, ...verified.chain]) checkTime(certificate, now);
    }
    return verified.error ?? verified.certificate;
  }

  #recall(der: Uint8Array, intermediates: readonly Uint8Array[]): Verified {
    const hash = createHash("sha256");
    for (const bytes of [der, ...intermediates]) hash.update(bytes);
    const digest = hash.digest("base64");
    const verified = this.#recent.get(digest) ?? this.#verifyChain(parseCertificate(der), intermediates);
    this.#recent.delete(digest);
    this.#recent.set(digest, verified);
    if (this.#recent.size > MAX_KNOWN) this.#recent.delete(this.#recent.keys().next().value ?? "");
    return verified;
  }

  #verifyChain(certificate: Certificate, intermediates: readonly Uint8Array[]): Verified {
    const chain = this.#findChain(certificate, intermediates.map(parseCertificate), 0);
    const all = [certificate, ...(chain ?? [])];
    const from = Math.max(...all.map(({ notBefore }) => notBefore.getTime()));
    const until = Math.min(...all.map(({ notAfter }) => notAfter.getTime()));
    const result = (error?: string) => {
      return { certificate, chain: chain ?? [], error: error ? new Error(error) : undefined, from, until };
    };
    if (!chain) return result("x509: certificate signed by unknown authority");
    const usable = all.every(({ extensions }) => allowsUsage(extensions, "client auth"));
    return usable ? result() : result("x509: certificate specifies an incompatible key usage");
  }

  #findChain(certificate: Certificate, pool: readonly Certificate[], depth: number): Certificate[] | undefined {
    const authority = this.#authorities.find((candidate) => isIssuedBy(certificate, candidate));
    if (authority) return [authority];
    if (depth >= MAX_CHAIN) return undefined;
    for (const candidate of pool) {
      // One that comes along has to say that it is an authority, however old it is.
      if (!candidate.extensions.isCa || !isIssuedBy(certificate, candidate)) continue;
      const rest = this.#findChain(candidate, pool, depth + 1);
      if (rest) return [candidate, ...rest];
    }
    return undefined;
  }
}

function checkTime({ notBefore, notAfter }: Certificate, now: Date): void {
  const seconds = (date: Date) => date.toISOString().replace(/\.\d+Z$/, "Z");
  const what = "x509: certificate has expired or is not yet valid: current time";
  if (now < notBefore) throw new Error(`${what} ${seconds(now)} is before ${seconds(notBefore)}`);
  if (now > notAfter) throw new Error(`${what} ${seconds(now)} is after ${seconds(notAfter)}`);
}

/** `SN=…, SKID=…, AKID=…`, to find it in logs. */
export function certificateIdentifier({ serialNumber, extensions }: Certificate): string {
  const colons = (bytes: Uint8Array | undefined) =>
    [...(bytes ?? [])].map((byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(":");
  const serial = BigInt(`0x${Buffer.from(serialNumber).toString("hex") || "0"}`);
  return `SN=${serial}, SKID=${colons(extensions.subjectKeyId)}, AKID=${colons(extensions.authorityKeyId)}`;
}
