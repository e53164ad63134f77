import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Attributes } from "../authorizer.ts";
import { auditFile, auditLog } from "./audit-log.ts";
import { type AuditRule, auditDecision, readAuditPolicy } from "./policy.ts";

const attributes: Attributes = {
  user: { name: "jane", groups: ["dev"] },
  verb: "get",
  resourceRequest: true,
  group: "",
  version: "v1",
  resource: "pods",
  subresource: "",
  namespace: "ns",
  name: "p",
  path: "",
};
const log: Attributes = { ...attributes, subresource: "log" };
const path: Attributes = {
  ...attributes,
  resourceRequest: false,
  path: "/healthz/etcd",
  resource: "",
  namespace: "",
  name: "",
};

test.each<[Omit<AuditRule, "level">, Attributes, boolean]>([
  [{}, attributes, true],
  [{ users: ["joe"] }, attributes, false],
  [{ userGroups: ["dev"] }, attributes, true],
  [{ verbs: ["list"] }, attributes, false],
  [{ namespaces: ["ns"] }, attributes, true],
  [{ namespaces: ["other"] }, attributes, false],
  [{ namespaces: ["ns"] }, path, false],
  [{ resources: [{ group: "" }] }, attributes, true],
  [{ resources: [{ group: "apps" }] }, attributes, false],
  [{ resources: [{ group: "*", resources: ["*"] }] }, log, true],
  [{ resources: [{ resources: ["pods"] }] }, log, false],
  [{ resources: [{ resources: ["pods/log"] }] }, log, true],
  [{ resources: [{ resources: ["*/log"] }] }, log, true],
  [{ resources: [{ resources: ["pods/*"] }] }, log, true],
  [{ resources: [{ resources: ["pods"], resourceNames: ["q"] }] }, attributes, false],
  [{ nonResourceURLs: ["/healthz*"] }, path, true],
  [{ nonResourceURLs: ["/healthz"] }, path, false],
  [{ nonResourceURLs: ["*"] }, attributes, false],
])("the rule %j", (rule, request, fits) => {
  const policy = { rules: [{ ...rule, level: "Request" as const }] };
  expect(auditDecision(policy, request).level).toBe(fits ? "Request" : "None");
});

test.each<[unknown, string]>([
  [{ rules: [] }, "loaded illegal policy with 0 rules"],
  [
    { rules: [{ level: "All" }] },
    'rules[0].level: Unsupported value: "All": supported values: "None", "Metadata", "Request", "RequestResponse"',
  ],
  [{ rules: [{}] }, "rules[0].level: Required value"],
  [{ rules: [{ level: "None", nonResourceURLs: ["x*y"] }] }, "must begin with a '/' character"],
  [
    { rules: [{ level: "None", omitStages: ["Later"] }] },
    "allowed stages are RequestReceived,ResponseStarted,ResponseComplete,Panic",
  ],
  [
    { rules: [{ level: "None", nonResourceURLs: ["/x"], namespaces: ["ns"] }] },
    "rules cannot apply to both regular resources and non-resource URLs",
  ],
])("the policy %j is refused", (policy, message) => {
  expect(() => readAuditPolicy({ kind: "Policy", apiVersion: "audit.k8s.io/v1", ...(policy as object) })).toThrow(
    message,
  );
});

describe("the log", () => {
  const write = (level: AuditRule["level"], more: Partial<AuditRule> = {}) => {
    const lines: string[] = [];
    const sink = { write: (line: string) => lines.push(line), stop: async () => {} };
    const now = () => new Date("2026-03-04T05:06:08Z");
    const trail = auditLog({ policy: { rules: [{ level, ...more }] }, sink, now }).begin({
      auditId: "1",
      attributes,
      requestUri: "/api/v1/namespaces/ns/pods/p",
      sourceIps: ["127.0.0.1"],
      userAgent: "kubectl/1.36",
      receivedAt: new Date("2026-03-04T05:06:07Z"),
    });
    trail?.record("RequestReceived", {});
    trail?.record("ResponseComplete", {
      code: 403,
      status: { status: "Failure", reason: "Forbidden", metadata: {} },
      requestObject: { metadata: { name: "p", managedFields: [1] } },
      responseObject: { metadata: { name: "p" } },
      annotations: { b: "2", a: "1" },
    });
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  };

  test("tells both stages, in upstream's form", () => {
    const [received, complete] = write("Metadata");
    expect(received).toEqual({
      kind: "Event",
      apiVersion: "audit.k8s.io/v1",
      level: "Metadata",
      auditID: "1",
      stage: "RequestReceived",
      requestURI: "/api/v1/namespaces/ns/pods/p",
      verb: "get",
      user: { username: "jane", groups: ["dev"] },
      sourceIPs: ["127.0.0.1"],
      userAgent: "kubectl/1.36",
      objectRef: { resource: "pods", namespace: "ns", name: "p", apiVersion: "v1" },
      requestReceivedTimestamp: "2026-03-04T05:06:07.000000Z",
      stageTimestamp: "2026-03-04T05:06:08.000000Z",
    });
    expect(complete).toMatchObject({
      stage: "ResponseComplete",
      responseStatus: { metadata: {}, status: "Failure", reason: "Forbidden", code: 403 },
      annotations: { a: "1", b: "2" },
    });
    expect(complete).not.toHaveProperty("requestObject");
  });

  test("holds bodies as the level says, and leaves out what it says", () => {
    expect(write("Request")[1]).toMatchObject({ requestObject: { metadata: { managedFields: [1] } } });
    expect(write("Request")[1]).not.toHaveProperty("responseObject");
    const [only, ...more] = write("RequestResponse", { omitStages: ["RequestReceived"], omitManagedFields: true });
    expect(only).toMatchObject({
      requestObject: { metadata: { name: "p" } },
      responseObject: { metadata: { name: "p" } },
    });
    expect(JSON.stringify(only)).not.toContain("managedFields");
    expect(more).toEqual([]);
    expect(write("None")).toEqual([]);
  });

  test("is a private file that grows", async () => {
    const directory = mkdtempSync(join(tmpdir(), "inkube-audit-"));
    const file = join(directory, "audit.log");
    for (const line of ["a\n", "b\n"]) {
      const sink = auditFile(file);
      sink.write(line);
      await sink.stop();
    }
    expect([readFileSync(file, "utf8"), statSync(file).mode & 0o777]).toEqual(["a\nb\n", 0o600]);
    rmSync(directory, { recursive: true });
  });
});
