import type { PeerCertificate } from "node:tls";
import { expect, test } from "vitest";
import { goServerIdentity } from "./server-identity.ts";

test.each([
  ["hook.ns.svc", "DNS:hook.ns.svc", "", undefined],
  ["hook.ns.svc", "DNS:*.ns.svc", "", undefined],
  ["127.0.0.1", "DNS:localhost, IP Address:127.0.0.1", "", undefined],
  ["hook.ns.svc", "DNS:a.ns.svc, DNS:b.ns.svc", "", "certificate is valid for a.ns.svc, b.ns.svc, not hook.ns.svc"],
  ["hook.ns.svc", "IP Address:10.0.0.1", "", "certificate is not valid for any names, but wanted to match hook.ns.svc"],
  ["hook.ns.svc", "", "hook.ns.svc", "certificate relies on legacy Common Name field, use SANs instead"],
  ["hook.ns.svc", "", "other", "certificate is not valid for any names, but wanted to match hook.ns.svc"],
  ["127.0.0.1", "IP Address:10.0.0.1", "", "certificate is valid for 10.0.0.1, not 127.0.0.1"],
  ["127.0.0.1", "DNS:a", "a", "cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs"],
])("%s and a certificate for [%s] with the common name %j", (host, subjectaltname, CN, problem) => {
  // As much of a certificate as is looked at.
  const certificate = { subject: { CN }, ...(subjectaltname && { subjectaltname }) } as unknown as PeerCertificate;
  expect(goServerIdentity(host, certificate)?.message).toBe(problem);
});
