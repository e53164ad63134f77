import { type KeyObject, sign } from "node:crypto";
import { publicKeyOf, readSigned, type SignedData, signatureAlgorithm } from "./certificate.ts";
import { bitString, child, children, parse, readObjectIdentifier, sequence, unsignedInteger } from "./der.ts";
import { type DistinguishedName, decodeName, encodeName, signableName } from "./distinguished-name.ts";
import { type AlternativeNames, alternativeNames, readExtensions, requestedExtensions } from "./extensions.ts";
import { pem, pemBlocks } from "./pem.ts";
import { checkSignature } from "./signature.ts";

/** A PKCS#10 request, read field by field. */
export interface CertificateRequest {
  readonly subject: Required<DistinguishedName>;
  /** The name as a certificate may carry it. */
  readonly signableSubject: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly names: AlternativeNames;
  readonly signed: SignedData;
}

const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";

/** @throws DerError */
export function parseCertificateRequest(der: Uint8Array): CertificateRequest {
  const { content, ...rest } = readSigned(parse(der));
  const [version, subject, publicKey, attributes] = children(content);
  child([version!], 0, 0x02);
  let extensions: Parameters<typeof readExtensions>[0];
  for (const attribute of attributes ? children(attributes) : []) {
    const [id, values] = children(attribute);
    if (readObjectIdentifier(id!) === EXTENSION_REQUEST) extensions = children(values!)[0];
  }
  return {
    subject: decodeName(child([subject!], 0)),
    signableSubject: signableName(subject!),
    publicKey: child([publicKey!], 0).bytes,
    names: readExtensions(extensions).names,
    signed: { content: content.bytes, ...rest },
  };
}

/**
 * The request in a CertificateSigningRequest's `spec.request`, its signature not yet checked.
 * @throws Error worded as pkg/apis/certificates ParseCSR
 */
export function certificateRequestFromPem(text: string): CertificateRequest {
  const block = pemBlocks(text)[0];
  if (block?.label !== "CERTIFICATE REQUEST") throw new Error("PEM block type must be CERTIFICATE REQUEST");
  try {
    return parseCertificateRequest(block.der);
  } catch (error) {
    throw new Error(`asn1: ${error instanceof Error ? error.message : error}`);
  }
}

/** Proves that the requester holds the key. @throws Error */
export function checkRequestSignature(request: CertificateRequest): void {
  checkSignature(request.signed, request.publicKey);
}

/** A request for `key`, in PEM. */
export function createCertificateRequest(key: KeyObject, subject: DistinguishedName, names?: AlternativeNames): string {
  const { algorithm, digest } = signatureAlgorithm(key);
  const content = sequence(
    unsignedInteger(Uint8Array.of(0)),
    encodeName(subject),
    publicKeyOf(key),
    requestedExtensions(names ? alternativeNames(names) : []),
  );
  return pem("CERTIFICATE REQUEST", sequence(content, algorithm, bitString(sign(digest, content, key))));
}
