import {
  bitString,
  boolean,
  child,
  children,
  contextConstructed,
  contextPrimitive,
  type Node,
  objectIdentifier,
  octetString,
  parse,
  readObjectIdentifier,
  readString,
  sequence,
  Tag,
} from "./der.ts";
import { ipBytes, ipText } from "./ip-address.ts";

/** Names a certificate is good for besides its subject. */
export interface AlternativeNames {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
}

export const noAlternativeNames: AlternativeNames = { dnsNames: [], ipAddresses: [], emailAddresses: [], uris: [] };

const OID = {
  subjectKeyId: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAlternativeName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyId: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
} as const;

/** Bits of KeyUsage, by certificates.k8s.io/v1 KeyUsage name. (client-go/util/certificate/csr, pkg/controller/certificates) */
const KEY_USAGE_BIT: Readonly<Record<string, number>> = {
  signing: 0,
  "digital signature": 0,
  "content commitment": 1,
  "key encipherment": 2,
  "data encipherment": 3,
  "key agreement": 4,
  "cert sign": 5,
  "crl sign": 6,
  "encipher only": 7,
  "decipher only": 8,
};

const EXTENDED_KEY_USAGE: Readonly<Record<string, string>> = {
  any: "2.5.29.37.0",
  "server auth": "1.3.6.1.5.5.7.3.1",
  "client auth": "1.3.6.1.5.5.7.3.2",
  "code signing": "1.3.6.1.5.5.7.3.3",
  "email protection": "1.3.6.1.5.5.7.3.4",
  "s/mime": "1.3.6.1.5.5.7.3.4",
  "ipsec end system": "1.3.6.1.5.5.7.3.5",
  "ipsec tunnel": "1.3.6.1.5.5.7.3.6",
  "ipsec user": "1.3.6.1.5.5.7.3.7",
  timestamping: "1.3.6.1.5.5.7.3.8",
  "ocsp signing": "1.3.6.1.5.5.7.3.9",
  "microsoft sgc": "1.3.6.1.4.1.311.10.3.3",
  "netscape sgc": "2.16.840.1.113730.4.1",
};

const extension = (id: string, critical: boolean, value: Uint8Array): Uint8Array =>
  sequence(objectIdentifier(id), ...(critical ? [boolean(true)] : []), octetString(value));

/** KeyUsage and ExtendedKeyUsage for a list of certificates.k8s.io usages. @throws Error for one that is unknown */
export function usageExtensions(usages: readonly string[]): Uint8Array[] {
  let mask = 0;
  const extended: Uint8Array[] = [];
  for (const usage of usages) {
    const bit = KEY_USAGE_BIT[usage];
    const id = EXTENDED_KEY_USAGE[usage];
    if (bit !== undefined) mask |= 1 << bit;
    else if (id !== undefined) extended.push(objectIdentifier(id));
    else throw new Error(`unrecognized usage values: ["${usage}"]`);
  }
  const result: Uint8Array[] = [];
  if (mask) result.push(extension(OID.keyUsage, true, encodeKeyUsage(mask)));
  if (extended.length) result.push(extension(OID.extendedKeyUsage, false, sequence(...extended)));
  return result;
}

/** Bit 0 is the first bit of the first byte; trailing zero bits are cut off, as DER asks of named bits. */
function encodeKeyUsage(mask: number): Uint8Array {
  let last = 8;
  while (!(mask & (1 << last))) last--;
  const bytes = new Uint8Array(last > 7 ? 2 : 1);
  for (let bit = 0; bit <= last; bit++) if (mask & (1 << bit)) bytes[bit >> 3]! |= 0x80 >> (bit & 7);
  return bitString(bytes, 7 - (last & 7));
}

export const basicConstraints = (isCa: boolean): Uint8Array =>
  extension(OID.basicConstraints, true, isCa ? sequence(boolean(true)) : sequence());
export const subjectKeyIdentifier = (id: Uint8Array): Uint8Array => extension(OID.subjectKeyId, false, octetString(id));
export const authorityKeyIdentifier = (id: Uint8Array): Uint8Array =>
  extension(OID.authorityKeyId, false, sequence(contextPrimitive(0, id)));

/** GeneralName choices: 1 mail, 2 DNS, 6 URI, 7 IP. None when there is no name. */
export function alternativeNames(names: AlternativeNames): Uint8Array[] {
  const text = (n: number) => (value: string) => contextPrimitive(n, Buffer.from(value, "latin1"));
  const items = [
    ...names.dnsNames.map(text(2)),
    ...names.emailAddresses.map(text(1)),
    ...names.ipAddresses.map((ip) => contextPrimitive(7, ipBytes(ip))),
    ...names.uris.map(text(6)),
  ];
  return items.length ? [extension(OID.subjectAlternativeName, false, sequence(...items))] : [];
}

/** What is read back from certificates and requests. */
export interface ParsedExtensions {
  readonly names: AlternativeNames;
  readonly isCa: boolean;
  /** Undefined when the certificate does not restrict them; else OIDs. */
  readonly extendedKeyUsages: readonly string[] | undefined;
  readonly subjectKeyId: Uint8Array | undefined;
  readonly authorityKeyId: Uint8Array | undefined;
}

/** @param list the SEQUENCE of extensions, or undefined when there is none. @throws DerError */
export function readExtensions(list: Node | undefined): ParsedExtensions {
  const values = new Map<string, Node>();
  for (const item of list ? children(list) : []) {
    const parts = children(item);
    values.set(readObjectIdentifier(child(parts, 0)), parse(child(parts, parts.length - 1, Tag.octetString).content));
  }
  const constraints = values.get(OID.basicConstraints);
  const usages = values.get(OID.extendedKeyUsage);
  const authority = values.get(OID.authorityKeyId);
  return {
    names: readAlternativeNames(values.get(OID.subjectAlternativeName)),
    isCa: constraints ? children(constraints)[0]?.content[0] === 0xff : false,
    extendedKeyUsages: usages && children(usages).map(readObjectIdentifier),
    subjectKeyId: values.get(OID.subjectKeyId)?.content,
    authorityKeyId: authority && children(authority).find((part) => part.tag === 0x80)?.content,
  };
}

function readAlternativeNames(list: Node | undefined): AlternativeNames {
  const names = {
    dnsNames: [] as string[],
    ipAddresses: [] as string[],
    emailAddresses: [] as string[],
    uris: [] as string[],
  };
  for (const name of list ? children(list) : []) {
    if (name.tag === 0x82) names.dnsNames.push(readString(name));
    else if (name.tag === 0x81) names.emailAddresses.push(readString(name));
    else if (name.tag === 0x86) names.uris.push(readString(name));
    else if (name.tag === 0x87) names.ipAddresses.push(ipText(name.content));
  }
  return names;
}

/** Whether the usages allow `usage` ("client auth", "server auth"); no list allows all. */
export function allowsUsage({ extendedKeyUsages }: ParsedExtensions, usage: string): boolean {
  if (!extendedKeyUsages) return true;
  return extendedKeyUsages.includes(EXTENDED_KEY_USAGE[usage]!) || extendedKeyUsages.includes(EXTENDED_KEY_USAGE.any!);
}

/** PKCS#9 extensionRequest value of a certificate request. */
export const requestedExtensions = (extensions: readonly Uint8Array[]): Uint8Array =>
  contextConstructed(
    0,
    ...(extensions.length
      ? [sequence(objectIdentifier("1.2.840.113549.1.9.14"), Buffer.concat([Uint8Array.of(0x31), setBody(extensions)]))]
      : []),
  );

function setBody(extensions: readonly Uint8Array[]): Uint8Array {
  // A SET of one SEQUENCE: its header is the one of a sequence with another tag.
  return sequence(sequence(...extensions)).subarray(1);
}
