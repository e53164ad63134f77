import { sign } from "node:crypto";
import { expect, test } from "vitest";
import {
  type Certificate,
  generateKey,
  type Issuer,
  issueCertificate,
  parseCertificate,
  signatureAlgorithm,
} from "../../pki/certificate.ts";
import { bitString, sequence, time, unsignedInteger } from "../../pki/der.ts";
import { encodeName } from "../../pki/distinguished-name.ts";
import { ClientCertificateVerifier } from "./client-certificate.ts";

const now = new Date("2026-03-04T05:06:07Z");
const [notBefore, notAfter] = [new Date("2026-01-01T00:00:00Z"), new Date("2027-01-01T00:00:00Z")];
const nameOf = (commonName: string) => ({ commonName, organizations: [] });

/** An authority as they were before version 3: without a word about being one. */
function oldAuthority(commonName: string): Issuer & { readonly certificate: Certificate } {
  const { privateKey: key, publicKey } = generateKey();
  const { algorithm, digest } = signatureAlgorithm(key);
  const name = encodeName(nameOf(commonName));
  const content = sequence(
    unsignedInteger(Uint8Array.of(7)),
    algorithm,
    name,
    sequence(time(notBefore), time(notAfter)),
    name,
    publicKey,
  );
  return { key, certificate: parseCertificate(sequence(content, algorithm, bitString(sign(digest, content, key)))) };
}

const issue = (issuer: Issuer, commonName: string, publicKey: Uint8Array, isCa = false) =>
  issueCertificate(
    { subject: nameOf(commonName), notBefore, notAfter, publicKey, usages: ["client auth"], isCa },
    issuer,
  );

test("an authority of version 1 is one when it is trusted, and not when it only comes along", () => {
  const trusted = oldAuthority("old");
  expect(trusted.certificate.version).toBe(1);
  const jane = issue(trusted, "jane", generateKey().publicKey);
  expect(new ClientCertificateVerifier([trusted.certificate]).verify(jane, [], now).subject.commonName).toBe("jane");

  const { privateKey, publicKey } = generateKey();
  const between = parseCertificate(issue(trusted, "between", publicKey));
  const joe = issue({ key: privateKey, certificate: between }, "joe", generateKey().publicKey);
  for (const pool of [[between.der], [trusted.certificate.der], []])
    expect(() => new ClientCertificateVerifier([trusted.certificate]).verify(joe, pool, now)).toThrow(
      "x509: certificate signed by unknown authority",
    );
});

test("a certificate that is no authority's signs nothing, even where it is trusted", () => {
  const trusted = oldAuthority("old");
  const { privateKey, publicKey } = generateKey();
  const leaf = parseCertificate(issue(trusted, "leaf", publicKey));
  const joe = issue({ key: privateKey, certificate: leaf }, "joe", generateKey().publicKey);
  expect(() => new ClientCertificateVerifier([leaf]).verify(joe, [], now)).toThrow("unknown authority");
});
