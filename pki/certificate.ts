import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import {
  bitString,
  child,
  children,
  contextConstructed,
  type Node,
  nullValue,
  objectIdentifier,
  parse,
  readBitString,
  readTime,
  sequence,
  Tag,
  time,
  unsignedInteger,
} from "./der.ts";
import { type DistinguishedName, decodeName, encodeName } from "./distinguished-name.ts";
import {
  type AlternativeNames,
  alternativeNames,
  authorityKeyIdentifier,
  basicConstraints,
  type ParsedExtensions,
  readExtensions,
  subjectKeyIdentifier,
  usageExtensions,
} from "./extensions.ts";
import { derOf, pem } from "./pem.ts";

/** A certificate and its private key, in PEM: what goes into files, TLS options and kubeconfigs. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate read field by field. */
export interface Certificate {
  readonly der: Uint8Array;
  /** Before version 3 nothing said whether a certificate is an authority's. */
  readonly version: number;
  readonly subject: Required<DistinguishedName>;
  /** DER of the names, compared byte by byte to find an issuer. */
  readonly rawSubject: Uint8Array;
  readonly rawIssuer: Uint8Array;
  readonly serialNumber: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly extensions: ParsedExtensions;
  readonly signed: SignedData;
}

/** The outer shape that certificates and requests share. */
export interface SignedData {
  readonly content: Uint8Array;
  readonly algorithm: Uint8Array;
  readonly signature: Uint8Array;
}

/** What to certify. */
export interface CertificateTemplate {
  /** Raw DER takes precedence over the parts: requests are signed with the name as it was asked for. */
  readonly subject: DistinguishedName | Uint8Array;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly names?: AlternativeNames;
  /** certificates.k8s.io usages, for example `client auth`. */
  readonly usages: readonly string[];
  readonly isCa: boolean;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Who signs. `certificate` is undefined for a root, which signs itself. */
export interface Issuer {
  readonly certificate: Certificate | undefined;
  readonly key: KeyObject;
}

/** A fresh P-256 key: made in a fraction of a millisecond, and every TLS stack in use takes it. */
export function generateKey(): { privateKey: KeyObject; publicKey: Uint8Array } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { privateKey, publicKey: publicKey.export({ format: "der", type: "spki" }) };
}

/** Signs a certificate; DER. The serial number is 128 random bits, as upstream's. */
export function issueCertificate(template: CertificateTemplate, issuer: Issuer): Uint8Array {
  const subject = template.subject instanceof Uint8Array ? template.subject : encodeName(template.subject);
  const authority = issuer.certificate?.extensions.subjectKeyId;
  const extensions = [
    ...usageExtensions(template.usages),
    basicConstraints(template.isCa),
    ...(template.isCa ? [subjectKeyIdentifier(keyIdentifier(template.publicKey))] : []),
    ...(authority ? [authorityKeyIdentifier(authority)] : []),
    ...(template.names ? alternativeNames(template.names) : []),
  ];
  const { algorithm, digest } = signatureAlgorithm(issuer.key);
  const content = sequence(
    contextConstructed(0, unsignedInteger(Uint8Array.of(2))),
    unsignedInteger(randomBytes(16)),
    algorithm,
    issuer.certificate?.rawSubject ?? subject,
    sequence(time(template.notBefore), time(template.notAfter)),
    subject,
    template.publicKey,
    contextConstructed(3, sequence(...extensions)),
  );
  return sequence(content, algorithm, bitString(sign(digest, content, issuer.key)));
}

/** RFC 7093 would do as well; SHA-1 of the key bits is what every tool prints. */
function keyIdentifier(publicKey: Uint8Array): Uint8Array {
  return createHash("sha1")
    .update(readBitString(child(children(parse(publicKey)), 1)))
    .digest();
}

/** Algorithm identifier and digest for signing with `key`. @throws Error for key types that cannot sign certificates */
export function signatureAlgorithm(key: KeyObject): { algorithm: Uint8Array; digest: string | null } {
  switch (key.asymmetricKeyType) {
    case "ec":
      return { algorithm: sequence(objectIdentifier("1.2.840.10045.4.3.2")), digest: "sha256" };
    case "rsa":
      return { algorithm: sequence(objectIdentifier("1.2.840.113549.1.1.11"), nullValue()), digest: "sha256" };
    case "ed25519":
      return { algorithm: sequence(objectIdentifier("1.3.101.112")), digest: null };
    default:
      throw new Error(`cannot sign certificates with a key of type ${key.asymmetricKeyType}`);
  }
}

/** @throws DerError when the bytes are no certificate */
export function parseCertificate(der: Uint8Array): Certificate {
  const { content, ...rest } = readSigned(parse(der));
  const fields = children(content);
  // The version may be left out (v1).
  const at = fields[0]?.tag === 0xa0 ? 1 : 0;
  const [serial, , issuer, validity, subject, publicKey] = Array.from({ length: 6 }, (_, i) => child(fields, at + i));
  const [notBefore, notAfter] = children(validity!);
  const extensions = fields.find((field) => field.tag === 0xa3);
  return {
    der,
    version: at === 0 ? 1 : (child(children(fields[0]!), 0).content[0] ?? 0) + 1,
    subject: decodeName(subject!),
    rawSubject: subject!.bytes,
    rawIssuer: issuer!.bytes,
    serialNumber: serial!.content,
    notBefore: readTime(child([notBefore!], 0)),
    notAfter: readTime(child([notAfter!], 0)),
    publicKey: publicKey!.bytes,
    extensions: readExtensions(extensions && children(extensions)[0]),
    signed: { content: content.bytes, ...rest },
  };
}

/** Splits `SEQUENCE { content, algorithm, signature }`. @throws DerError */
export function readSigned(node: Node): { content: Node; algorithm: Uint8Array; signature: Uint8Array } {
  const parts = children(node);
  return {
    content: child(parts, 0, Tag.sequence),
    algorithm: child(parts, 1, Tag.sequence).bytes,
    signature: readBitString(child(parts, 2)),
  };
}

/** The first certificate of a PEM text. @throws Error when there is none */
export function certificateFromPem(text: string): Certificate {
  const [first] = certificatesFromPem(text);
  if (!first) throw new Error("data does not contain any valid RSA or ECDSA certificates");
  return first;
}

/** All certificates of a PEM bundle. */
export function certificatesFromPem(text: string): Certificate[] {
  return derOf(text, "CERTIFICATE").map(parseCertificate);
}

export const certificateToPem = (der: Uint8Array): string => pem("CERTIFICATE", der);

/**
 * An elliptic key as SEC 1 (`EC PRIVATE KEY`), as client-go's keyutil and kubeadm write it: some clients take the label
 * for the algorithm, and PKCS#8 for RSA.
 */
export const privateKeyToPem = (key: KeyObject): string => key.export({ format: "pem", type: "sec1" }) as string;

/** SubjectPublicKeyInfo of a private or public key. */
export const publicKeyOf = (key: KeyObject): Uint8Array =>
  (key.type === "private" ? createPublicKey(key) : key).export({ format: "der", type: "spki" });
