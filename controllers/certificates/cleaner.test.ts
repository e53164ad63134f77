import { expect, test } from "vitest";
import { listerOf } from "../../client/index.ts";
import type { CertificateSigningRequest } from "../../openapi/api/certificates.k8s.io.v1.ts";
import { reconcile } from "./cleaner.ts";

const start = Date.parse("2026-01-01T00:00:00Z");
const issued = Buffer.from("not a certificate").toString("base64");

test.each([
  { type: undefined, certificate: undefined, hours: 24 },
  { type: "Denied", certificate: undefined, hours: 1 },
  { type: "Failed", certificate: undefined, hours: 1 },
  { type: "Approved", certificate: undefined, hours: 24 },
  { type: "Approved", certificate: issued, hours: 1 },
])("a request that is $type goes after $hours hours", ({ type, certificate, hours }) => {
  const time = new Date(start).toISOString();
  const request = {
    metadata: { name: "r", creationTimestamp: time },
    spec: { request: "", signerName: "example.com/s" },
    status: { ...(type && { conditions: [{ type, status: "True", lastUpdateTime: time }] }), certificate },
  } as CertificateSigningRequest;
  const at = (milliseconds: number) =>
    reconcile("r", { requests: listerOf([request]) }, new Date(start + hours * 3_600_000 + milliseconds))[0]?.do;
  expect([at(0), at(1)]).toEqual(["requeue", "delete"]);
});
