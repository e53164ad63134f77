import { describe, expect, test } from "vitest";
import type {
  CertificateSigningRequest,
  CertificateSigningRequestSpec,
  CertificateSigningRequestStatus,
} from "../../../openapi/api/certificates.k8s.io.v1.ts";
import { createAuthority } from "../../../pki/authority.ts";
import { generateKey } from "../../../pki/certificate.ts";
import { createCertificateRequest } from "../../../pki/certificate-request.ts";
import { certificateChecks } from "../../../pki/checks.ts";
import type { KubeObject } from "../../meta/object.ts";
import { beforeCreate } from "../generic/before-create.ts";
import { storeOf, testRegistry } from "../generic/test-registry.ts";
import type { RequestContext } from "../kind.ts";
import { certificateSigningRequest as kind } from "./certificate-signing-request.ts";

const now = new Date("2026-03-04T05:06:07Z");
// The strategy reads no more of a request than this.
const context = {
  now,
  services: { certificates: certificateChecks },
  user: { name: "jane", uid: "7", groups: ["dev"], extra: { a: ["b"] } },
} as unknown as RequestContext;
const base64 = (text: string) => Buffer.from(text).toString("base64");
const request = base64(createCertificateRequest(generateKey().privateKey, { commonName: "jane", organizations: [] }));
const certificate = base64(createAuthority("x", now).certificate);
const approved = {
  type: "Approved",
  status: "True",
  lastUpdateTime: "2020-01-01T00:00:00Z",
  lastTransitionTime: "2020-01-01T00:00:00Z",
};
const make = (
  spec: Partial<CertificateSigningRequestSpec> = {},
  status: CertificateSigningRequestStatus = {},
): CertificateSigningRequest => ({
  metadata: { name: "m" },
  spec: { request, signerName: "example.com/signer", usages: ["client auth"], ...spec },
  status,
});
const messages = (errors: readonly { message(): string }[] | undefined) => errors?.map((error) => error.message());

test("says who asked, whatever they say", () => {
  const obj = make({ username: "root", groups: ["system:masters"] }, { conditions: [approved], certificate });
  kind.prepareForCreate?.(obj, context);
  expect(obj.spec).toMatchObject({ username: "jane", uid: "7", groups: ["dev"], extra: { a: ["b"] } });
  expect(obj.status).toEqual({});
});

test.each<[Partial<CertificateSigningRequestSpec>, string[]]>([
  [{}, []],
  [{ request: undefined }, ["spec.request: Invalid value: null: PEM block type must be CERTIFICATE REQUEST"]],
  [
    { request: base64("not pem") },
    ['spec.request: Invalid value: "bm90IHBlbQ==": PEM block type must be CERTIFICATE REQUEST'],
  ],
  [{ usages: [] }, ["spec.usages: Required value"]],
  [{ usages: ["client auth", "client auth"] }, ['spec.usages[1]: Duplicate value: "client auth"']],
  [
    { usages: ["world domination"] },
    [
      expect.stringMatching(
        /^spec\.usages\[0\]: Unsupported value: "world domination": supported values: "any", "cert sign"/,
      ),
    ],
  ],
  [{ signerName: "" }, ["spec.signerName: Required value"]],
  [
    { signerName: "signer" },
    [
      "spec.signerName: Invalid value: \"signer\": must be a fully qualified domain and path of the form 'example.com/signer-name'",
    ],
  ],
  [
    { signerName: "Bad_Domain/x" },
    [
      expect.stringMatching(
        /^spec\.signerName: Invalid value: "Bad_Domain": validating label "Bad_Domain": a lowercase RFC 1123 label/,
      ),
      'spec.signerName: Invalid value: "Bad_Domain": should be a domain with at least two segments separated by dots',
    ],
  ],
  [
    { signerName: "kubernetes.io/legacy-unknown" },
    [
      'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
    ],
  ],
  [
    { expirationSeconds: 60 },
    ["spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 600 seconds (10 minutes)"],
  ],
])("a request with %j is judged", (spec, expected) => {
  expect(messages(kind.validate?.(make(spec), context))).toEqual(expected);
});

describe("approval", () => {
  const update = (conditions: CertificateSigningRequestStatus["conditions"], old = make()) => {
    const obj = make({ signerName: "other.example.com/s" }, { ...(conditions && { conditions }), certificate });
    kind.subresources!.approval!.prepareForUpdate?.(obj, old, context);
    return { obj, errors: messages(kind.subresources!.approval!.validateUpdate?.(obj, old, context)) };
  };

  test("sets conditions and their times, and nothing else", () => {
    const { obj, errors } = update([{ type: "Approved", status: "True" }]);
    expect(errors).toEqual([]);
    expect(obj.spec.signerName).toBe("example.com/signer");
    expect(obj.status).toEqual({
      conditions: [
        {
          type: "Approved",
          status: "True",
          lastUpdateTime: "2026-03-04T05:06:07Z",
          lastTransitionTime: "2026-03-04T05:06:07Z",
        },
      ],
    });
  });

  test.each([
    [
      [{ type: "Approved", status: "False" }],
      ['status.conditions[0].status: Unsupported value: "False": supported values: "True"'],
    ],
    [[{ type: "Approved", status: "" }], ["status.conditions[0].status: Required value"]],
    [[{ type: "", status: "True" }], ["status.conditions[0].type: Required value"]],
    [
      [
        { type: "Approved", status: "True" },
        { type: "Denied", status: "True" },
      ],
      ['status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive'],
    ],
  ])("with %j is judged", (conditions, expected) => {
    expect(update(conditions).errors).toEqual(expected);
  });

  test("is never taken back", () => {
    expect(update([], make({}, { conditions: [approved] })).errors).toEqual([
      'status.conditions: Forbidden: updates may not remove a condition of type "Approved"',
    ]);
  });
});

describe("status", () => {
  const update = (status: CertificateSigningRequestStatus, old: CertificateSigningRequestStatus) => {
    const [obj, before] = [make({}, status), make({}, old)];
    kind.subresources!.status!.prepareForUpdate?.(obj, before, context);
    return { obj, errors: messages(kind.subresources!.status!.validateUpdate?.(obj, before, context)) };
  };

  test("issues the certificate once, and leaves the decision's words", () => {
    const { obj, errors } = update(
      { conditions: [{ ...approved, message: "other" }], certificate },
      { conditions: [approved] },
    );
    expect(errors).toEqual([]);
    expect(obj.status.conditions).toEqual([approved]);
    expect(update({ certificate: base64(createAuthority("y", now).certificate) }, { certificate }).errors).toEqual([
      "status.certificate: Forbidden: updates may not modify existing certificate content",
    ]);
  });

  test.each([
    [
      { certificate: "bm90IHBlbQ==" },
      ['status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block'],
    ],
    [{ conditions: [approved] }, ['status.conditions: Forbidden: updates may not add a condition of type "Approved"']],
    [
      { certificate: request },
      [
        'status.certificate: Invalid value: "<certificate data>": only CERTIFICATE PEM blocks are allowed, found "CERTIFICATE REQUEST"',
      ],
    ],
  ])("with %j is refused", (status, expected) => {
    expect(update(status, {}).errors).toEqual(expected);
  });
});

test("an update of the object itself changes only metadata", () => {
  const [obj, old] = [make({ signerName: "x.example.com/y" }, { certificate }), make({}, { conditions: [approved] })];
  kind.prepareForUpdate?.(obj, old, context);
  expect(obj).toEqual(old);
});

test.each([
  [{}, "Pending"],
  [{ conditions: [approved], certificate }, "Approved,Issued"],
  [
    {
      conditions: [
        { ...approved, type: "Denied" },
        { ...approved, type: "Failed" },
      ],
    },
    "Denied,Failed",
  ],
])("with status %j the condition column says %s", (status, text) => {
  expect(kind.columns?.map((column) => column.value(make({ expirationSeconds: 86400 }, status), now))).toEqual([
    "example.com/signer",
    "",
    "24h",
    text,
  ]);
});

test.each([
  ["Any Name!", {}, ""],
  ["a/b", {}, "metadata.name: Invalid value: \"a/b\": may not contain '/'"],
  ["a/b", { usages: [] }, "spec.usages: Required value"],
])("the name %j with %j is told %j", async (name, spec, expected) => {
  const { kind: compiled } = storeOf(await testRegistry(), "certificatesigningrequests", "certificates.k8s.io");
  const object = { ...make(spec), metadata: { name } } as unknown as KubeObject;
  const create = () => beforeCreate(compiled, "", object, { ...context, warn: () => undefined });
  if (expected)
    expect(create).toThrow(`CertificateSigningRequest.certificates.k8s.io "${name}" is invalid: ${expected}`);
  else expect(create).not.toThrow();
});
