import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { clientCertificate, createAuthority, signCertificateRequest } from "./authority.ts";
import { certificateFromPem, generateKey } from "./certificate.ts";
import { certificateRequestFromPem, createCertificateRequest } from "./certificate-request.ts";
import { noAlternativeNames } from "./extensions.ts";
import { ipBytes, ipText } from "./ip-address.ts";
import { pem, pemBlocks } from "./pem.ts";
import { createPki, ensurePki, SERVER_NAMES } from "./pki.ts";
import { selfSignedCertificate } from "./self-signed.ts";

// Another implementation of certificates, to check ours against. Its injection library wants to see the metadata
// functions of Reflect, which nothing here makes use of.
Object.assign(Reflect, { getMetadata: () => undefined, getOwnMetadata: () => undefined, defineMetadata() {} });
const peculiar = await import("@peculiar/x509");

const now = new Date("2026-03-04T05:06:07Z");

describe("certificates", () => {
  const pki = createPki({ serverNames: ["node.example"], now });

  test("another implementation reads the server certificate as it was meant", async () => {
    const certificate = new peculiar.X509Certificate(pki.apiserver.certificate);
    expect(certificate.subject).toBe("CN=kube-apiserver");
    expect(certificate.issuer).toBe("CN=kubernetes-ca");
    expect(certificate.notBefore.toISOString()).toBe("2026-03-04T05:01:07.000Z");
    expect(certificate.notAfter.toISOString()).toBe("2027-03-04T05:06:07.000Z");
    const names = certificate.getExtension(peculiar.SubjectAlternativeNameExtension)!.names.toJSON();
    expect(names.map((name) => name.value).sort()).toEqual([...SERVER_NAMES, "node.example"].sort());
    expect(certificate.getExtension(peculiar.ExtendedKeyUsageExtension)!.usages).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(certificate.getExtension(peculiar.KeyUsagesExtension)!.usages).toBe(
      peculiar.KeyUsageFlags.digitalSignature | peculiar.KeyUsageFlags.keyEncipherment,
    );
    expect(certificate.getExtension(peculiar.BasicConstraintsExtension)).toMatchObject({ ca: false, critical: true });
    const ca = new peculiar.X509Certificate(pki.ca.certificate);
    expect(ca.getExtension(peculiar.BasicConstraintsExtension)).toMatchObject({ ca: true, critical: true });
    expect(await certificate.verify({ publicKey: ca.publicKey, date: now })).toBe(true);
  });

  test("OpenSSL, through Node, agrees on issuer, signature and key", () => {
    const ca = new X509Certificate(pki.ca.certificate);
    for (const pair of [pki.apiserver, pki.admin, pki.apiserverKubeletClient]) {
      const certificate = new X509Certificate(pair.certificate);
      expect(certificate.checkIssued(ca)).toBe(true);
      expect(certificate.verify(ca.publicKey)).toBe(true);
    }
    expect(new X509Certificate(pki.frontProxyClient.certificate).checkIssued(ca)).toBe(false);
    expect(new X509Certificate(pki.admin.certificate).subject).toBe("O=system:masters\nCN=kubernetes-admin");
  });

  test("a client and a server with these certificates trust one another", async () => {
    const ca = createPki({ serverNames: [], now: new Date() });
    const server = createServer({
      ca: ca.ca.certificate,
      cert: ca.apiserver.certificate,
      key: ca.apiserver.key,
      requestCert: true,
    });
    const seen = new Promise<TLSSocket>((resolve) => server.on("secureConnection", resolve));
    const port = await new Promise<number>((resolve) =>
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)),
    );
    const socket = connect({
      port,
      host: "127.0.0.1",
      servername: "kubernetes.default.svc",
      ca: ca.ca.certificate,
      cert: ca.admin.certificate,
      key: ca.admin.key,
    });
    const peer = await seen;
    expect(peer.authorized).toBe(true);
    // fabric8 takes any other label for RSA.
    expect(ca.admin.key).toMatch(/^-----BEGIN EC PRIVATE KEY-----\n/);
    expect(certificateFromPem(pem("CERTIFICATE", peer.getPeerCertificate().raw)).subject).toMatchObject({
      commonName: "kubernetes-admin",
      organizations: ["system:masters"],
    });
    socket.destroy();
    server.close();
  });

  test("several groups come back, and so does a uid", () => {
    const pair = clientCertificate(pki.ca, { commonName: "jane", organizations: ["dev", "ops"], uids: ["u-1"] }, now);
    expect(certificateFromPem(pair.certificate).subject).toEqual({
      commonName: "jane",
      organizations: ["dev", "ops"],
      uids: ["u-1"],
    });
  });
});

describe("certificate requests", () => {
  const ca = createAuthority("test", now);
  const key = generateKey().privateKey;
  const names = { ...noAlternativeNames, dnsNames: ["a.example"], ipAddresses: ["10.0.0.7", "fd00::7"] };
  const subject = { commonName: "system:node:a", organizations: ["system:nodes"], uids: ["smuggled"] };

  test("are signed for the names, time and usages of the policy, and not for a uid", async () => {
    const request = certificateRequestFromPem(createCertificateRequest(key, subject, names));
    expect(request.names).toEqual(names);
    const policy = { durationSeconds: 3600, usages: ["digital signature", "client auth"] };
    const parsed = certificateFromPem(signCertificateRequest(ca, request, policy, now));
    expect(parsed.subject).toEqual({ commonName: "system:node:a", organizations: ["system:nodes"], uids: [] });
    expect(parsed.notAfter.toISOString()).toBe("2026-03-04T06:06:07.000Z");
    expect(parsed.extensions).toMatchObject({ names, isCa: false, extendedKeyUsages: ["1.3.6.1.5.5.7.3.2"] });
  });

  test("made by another implementation are understood", async () => {
    const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-384" }, true, ["sign", "verify"]);
    const made = await peculiar.Pkcs10CertificateRequestGenerator.create({
      name: "CN=jane, O=dev",
      keys,
      signingAlgorithm: { name: "ECDSA", hash: "SHA-384" },
      extensions: [new peculiar.SubjectAlternativeNameExtension([{ type: "dns", value: "x.example" }])],
    });
    const request = certificateRequestFromPem(made.toString("pem"));
    expect(request.subject).toMatchObject({ commonName: "jane", organizations: ["dev"] });
    expect(request.names.dnsNames).toEqual(["x.example"]);
    expect(signCertificateRequest(ca, request, { durationSeconds: 60, usages: [] }, now)).toContain("CERTIFICATE");
    const ours = new peculiar.Pkcs10CertificateRequest(createCertificateRequest(key, subject, names));
    expect(await ours.verify()).toBe(true);
  });

  test("with a wrong signature are refused", () => {
    const der = pemBlocks(createCertificateRequest(key, subject, names))[0]!.der;
    der[der.length - 1]! ^= 1;
    const request = certificateRequestFromPem(pem("CERTIFICATE REQUEST", der));
    const sign = () => signCertificateRequest(ca, request, { durationSeconds: 60, usages: [] }, now);
    expect(sign).toThrow("unable to verify certificate request signature: x509: ECDSA verification failure");
  });

  test.each(["", "x", pem("CERTIFICATE", new Uint8Array())])("that are none are refused: %j", (text) => {
    expect(() => certificateRequestFromPem(text)).toThrow("PEM block type must be CERTIFICATE REQUEST");
  });
});

test.each([
  ["10.96.0.1", "10.96.0.1"],
  ["::1", "::1"],
  ["fd00:0:0:0::1", "fd00::1"],
  ["::ffff:1.2.3.4", "::ffff:102:304"],
])("address %s is read back as %s", (text, canonical) => {
  expect(ipText(ipBytes(text))).toBe(canonical);
});

describe("on disk", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "inkube-pki-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));
  const file = (name: string) => readFileSync(join(directory, name), "utf8");

  test("everything is reused, keys are private, and the example kubeconfig finds its files", async () => {
    const first = ensurePki(directory, { serverNames: ["a"], now });
    const firstKey = await first.serviceAccountKey;
    const second = ensurePki(directory, { serverNames: ["a"], now: new Date(now.getTime() + 1000) });
    expect(second.apiserver).toEqual(first.apiserver);
    expect(second.ca.certificate).toBe(first.ca.certificate);
    expect((await second.serviceAccountKey).keyId).toBe(firstKey.keyId);
    for (const name of [
      "ca.key",
      "apiserver.key",
      "admin.key",
      "sa.key",
      "front-proxy-ca.key",
      "front-proxy-client.key",
    ]) {
      expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
    }
    for (const [, name] of readFileSync("kubeconfig.example", "utf8").matchAll(/\.inkube\/pki\/(\S+)/g)) file(name!);
    expect(file("sa.pub")).toContain("PUBLIC KEY");
  });

  test("the server certificate is renewed for a new name, near its end, and for a new CA", () => {
    const first = ensurePki(directory, { serverNames: [], now });
    const named = ensurePki(directory, { serverNames: ["b"], now });
    expect(named.apiserver.certificate).not.toBe(first.apiserver.certificate);
    expect(named.admin).toEqual(first.admin);
    const later = ensurePki(directory, { serverNames: ["b"], now: new Date(now.getTime() + 340 * 86_400_000) });
    expect(later.admin.certificate).not.toBe(first.admin.certificate);
    expect(later.ca.certificate).toBe(first.ca.certificate);
    const other = createAuthority("other", now);
    writeFileSync(join(directory, "ca.crt"), other.certificate);
    writeFileSync(join(directory, "ca.key"), other.key);
    const moved = ensurePki(directory, { serverNames: ["b"], now });
    expect(new X509Certificate(moved.admin.certificate).verify(new X509Certificate(other.certificate).publicKey)).toBe(
      true,
    );
  });
});

test("a self-signed certificate is good for its host, and its authority comes along", () => {
  const { certificate } = selfSignedCertificate("node-a", ["192.0.2.1"], now);
  const [leaf, authority] = pemBlocks(certificate).map(({ der }) => new X509Certificate(der));
  expect(leaf?.subject).toBe("CN=node-a@1772600767");
  expect(leaf?.issuer).toBe("CN=node-a-ca@1772600767");
  expect([leaf?.checkHost("node-a"), leaf?.checkIP("192.0.2.1"), leaf?.checkHost("node-b")]).toEqual([
    "node-a",
    "192.0.2.1",
    undefined,
  ]);
  expect(leaf?.verify(authority!.publicKey)).toBe(true);
});

test.each([
  { der: "", message: "asn1: syntax error: sequence truncated" },
  { der: "78", message: "asn1: syntax error: truncated tag or length" },
  { der: "3005", message: "asn1: syntax error: data truncated" },
  { der: "3080", message: "asn1: syntax error: indefinite length found (not DER)" },
  { der: "308101", message: "asn1: structure error: non-minimal length" },
  { der: "300000", message: "asn1: syntax error: trailing data" },
])("a certificate request of the bytes $der is refused: $message", ({ der, message }) => {
  const text = pem("CERTIFICATE REQUEST", Buffer.from(der, "hex"));
  expect(() => certificateRequestFromPem(text)).toThrow(message);
});
