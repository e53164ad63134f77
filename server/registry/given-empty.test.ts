import { beforeEach, describe, expect, test } from "vitest";
import { decodeJson } from "../../openapi/decode.ts";
import type { KubeObject } from "../meta/object.ts";
import { PLAIN, scope, storeOf, testRegistry } from "./generic/test-registry.ts";
import type { ServerRegistry } from "./registry.ts";

let registry: ServerRegistry;
beforeEach(async () => {
  registry = await testRegistry();
});

const storeFor = (resource: string) => {
  const [name = "", ...group] = resource.split(".");
  return storeOf(registry, name, group.join("."));
};
/** A body as it comes over the wire, only there are lists empty; with its defaults. */
function decode(resource: string, body: object): KubeObject {
  const { kind } = storeFor(resource);
  const apiVersion = kind.group ? `${kind.group}/${kind.version}` : kind.version;
  const text = JSON.stringify({ apiVersion, kind: kind.kind, metadata: { name: "x" }, ...body });
  const { value } = decodeJson<KubeObject>(Buffer.from(text), kind.schema, "Strict");
  kind.definition.defaults?.(value);
  return value;
}
const namespaceOf = (resource: string) => (storeFor(resource).kind.namespaced ? "a" : "");
const create = (resource: string, body: object) =>
  storeFor(resource).create(namespaceOf(resource), decode(resource, body), scope());
const update = (resource: string, body: object, fieldManager = "test") =>
  storeFor(resource).update(
    namespaceOf(resource),
    "x",
    "",
    (current) => {
      const object = decode(resource, body);
      object.metadata.resourceVersion = current?.metadata.resourceVersion ?? "";
      return object;
    },
    PLAIN,
    scope({ fieldManager }),
  );
/** Causes of a refusal; none when the write succeeds. */
const refusal = (write: Promise<unknown>): Promise<string[]> =>
  write.then(
    () => [],
    (error) => error.details.causes.map(({ field, message }: Record<string, string>) => `${field}: ${message}`),
  );

const container = { name: "c", image: "i" };
const pod = (spec: object) => ({ spec: { containers: [container], terminationGracePeriodSeconds: 30, ...spec } });
const template = (labels: object) => ({ metadata: { labels }, ...pod({ restartPolicy: "Always" }) });
const claim = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
const ephemeral = (metadata: object) =>
  pod({ volumes: [{ name: "v", ephemeral: { volumeClaimTemplate: { metadata, spec: claim } } }] });

describe("fields whose presence counts, even when they are empty", () => {
  test.each<[string, object, string[]]>([
    [
      "pods",
      pod({ resources: { claims: [] } }),
      ["spec.resources.claims: Forbidden: claims may not be set for Resources at pod-level"],
    ],
    ["pods", pod({ resources: { limits: {} } }), []],
    [
      "pods",
      ephemeral({ uid: "u", finalizers: [], ownerReferences: [], labels: {}, annotations: {} }),
      ["uID", "ownerReferences", "finalizers"].map(
        (member) => `spec.volumes[0].ephemeral.volumeClaimTemplate.metadata.${member}: Forbidden: cannot be set`,
      ),
    ],
    [
      "pods",
      pod({ os: { name: "windows" }, securityContext: { supplementalGroups: [], sysctls: [] } }),
      ["spec.securityContext.supplementalGroups: Forbidden: cannot be set for a windows pod"],
    ],
    [
      "podtemplates",
      {
        template: pod({
          ephemeralContainers: [{ name: "e", image: "i", ports: [], command: [], resources: { requests: {} } }],
        }),
      },
      [
        ...["ports", "resources"].map(
          (member) =>
            `template.spec.ephemeralContainers[0].${member}: Forbidden: cannot be set for an Ephemeral Container`,
        ),
        "template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template",
      ],
    ],
  ])("%s with %j: %j", async (resource, body, causes) => {
    expect(await refusal(create(resource, body))).toEqual(causes);
  });

  test.each(["data", "binaryData"])("an immutable ConfigMap may not be sent empty %s, but none", async (field) => {
    await create("configmaps", { immutable: true });
    expect(await refusal(update("configmaps", { immutable: true }))).toEqual([]);
    expect(await refusal(update("configmaps", { immutable: true, [field]: {} }))).toEqual([
      `${field}: Forbidden: field is immutable when \`immutable\` is set`,
    ]);
  });
});

const slice = (device: object) => ({
  spec: {
    driver: "gpu.example.com",
    nodeName: "n",
    pool: { name: "p", generation: 0, resourceSliceCount: 1 },
    devices: [{ name: "d", ...device }],
  },
});

describe("messages show an empty value as empty, and an absent one as null", () => {
  test.each<[string, object, string]>([
    ["replicasets.apps", { spec: { selector: { matchLabels: { a: "b" } }, template: template({}) } }, "{}"],
    ["ingresses.networking.k8s.io", { spec: { rules: [] } }, "[]"],
    ["resourceslices.resource.k8s.io", slice({ bindingConditions: ["a"], bindingFailureConditions: [] }), "[]"],
    ["persistentvolumes", { spec: { capacity: {}, accessModes: ["ReadWriteOnce"], hostPath: { path: "/x" } } }, "{}"],
  ])("%s %j: %s", async (resource, body, shown) => {
    const absent = JSON.parse(
      JSON.stringify(body, (_key, value) =>
        Object.keys(value).length > 0 || typeof value !== "object" ? value : undefined,
      ),
    );
    const [empty, without] = [await refusal(create(resource, body)), await refusal(create(resource, absent))];
    expect(empty.join("\n")).toContain(` value: ${shown}: `);
    expect(without).toEqual(empty.map((cause) => cause.replace(` value: ${shown}: `, " value: null: ")));
  });

  test("a Pod's whole spec shows what it was given, but for what may change", async () => {
    await create("pods", pod({}));
    const empty = { command: [], env: [], resources: { limits: {} } };
    const body = pod({ tolerations: [], hostAliases: [], containers: [{ ...container, ...empty }], hostname: "h" });
    const [message = ""] = await refusal(update("pods", body));
    const added = message.split("\n").flatMap((line) => /^\+ *(.*)/.exec(line)?.[1] ?? []);
    const members = [
      '"Command": []',
      '"Env": []',
      '"Limits": {}',
      '"Requests": {}',
      '"Hostname": "h"',
      '"HostAliases": []',
    ];
    expect(added).toEqual(members.map((member) => `${member},`));
  });
});

describe("where upstream compares exactly, an empty list is a change each time it is sent, since none is stored", () => {
  const hook = {
    name: "h.example.com",
    clientConfig: { url: "https://h.example.com" },
    sideEffects: "None",
    admissionReviewVersions: ["v1"],
  };
  test.each<[string, object, object]>([
    [
      "networkpolicies.networking.k8s.io",
      { spec: { podSelector: {} } },
      { spec: { podSelector: { matchLabels: {} } } },
    ],
    ["networkpolicies.networking.k8s.io", { spec: { podSelector: {} } }, { spec: { podSelector: {}, ingress: [] } }],
    [
      "validatingwebhookconfigurations.admissionregistration.k8s.io",
      { webhooks: [hook] },
      { webhooks: [{ ...hook, matchConditions: [] }] },
    ],
  ])("%s", async (resource, body, withEmpty) => {
    await create(resource, withEmpty);
    const generation = async (sent: object) => (await update(resource, sent))?.stored.object.metadata.generation;
    expect(await generation(body)).toBe(1);
    expect(await generation(withEmpty)).toBe(2);
    expect(await generation(withEmpty)).toBe(3);
    expect(await generation(body)).toBe(3);
  });

  test.each<[string, object, boolean]>([
    ["of an item of a list that is owned as a whole", { addresses: [{ ip: "10.1.1.1" }], notReadyAddresses: [] }, true],
    ["of nothing new", { addresses: [{ ip: "10.1.1.1" }] }, false],
  ])("a manager who sends an empty list %s owns that list: %s", async (_, subset, owns) => {
    await create("endpoints", { subsets: [{ addresses: [{ ip: "10.1.1.1" }] }] });
    const written = await update("endpoints", { subsets: [subset] }, "other");
    const owners = (written?.stored.object.metadata.managedFields ?? []).filter(
      ({ fieldsV1 }) => fieldsV1?.["f:subsets"],
    );
    expect(owners.map(({ manager }) => manager)).toEqual([owns ? "other" : "test"]);
  });
});

test("nobody hears of what was given as empty", async () => {
  const { object, json } = await create("configmaps", { data: {}, metadata: { name: "x", labels: {} } });
  expect(Object.keys(object)).not.toContain("data");
  expect(Object.getOwnPropertySymbols(object)).toEqual([]);
  expect(new TextDecoder().decode(json)).not.toMatch(/"data"|"labels"/);
});
