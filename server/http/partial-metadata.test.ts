import { expect, test } from "vitest";
import { encodeJson } from "../../openapi/encode.ts";
import type { KubeObject } from "../meta/object.ts";
import type { MediaType } from "./negotiate.ts";
import { partial, storedPartialJson } from "./partial-metadata.ts";
import { configMapKind } from "./test-app.ts";

const media = { format: "json", convert: { kind: "PartialObjectMetadata", group: "meta.k8s.io", version: "v1" } };
const kind = configMapKind();
const rich = {
  name: "a",
  namespace: "b",
  uid: "c",
  resourceVersion: "7",
  creationTimestamp: "2026-01-01T00:00:00Z",
  labels: { '"metadata":{': "}", b: "<&>" },
  annotations: { text: 'two\nlines, "quotes" and \\ 👉\u2028' },
  ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "u", controller: true, blockOwnerDeletion: true }],
  finalizers: ["x/y"],
  managedFields: [{ manager: "m", operation: "Update", fieldsV1: { "f:data": { ".": {} } } }],
};

test.each([
  ["of little", { name: "a" }],
  ["of all that there is", rich],
])("metadata %s in the stored bytes is what encoding it again would give", (_, metadata) => {
  const object = { kind: "ConfigMap", apiVersion: "v1", metadata, data: { metadata: "{}" } } as unknown as KubeObject;
  const json = Buffer.from(encodeJson(object, kind.schema));
  const parsed = () => {
    throw new Error("was parsed");
  };
  const made = storedPartialJson({ json }, parsed, kind, "meta.k8s.io/v1").toString();
  expect(made).toBe(partial(object, kind, media as MediaType)); // all that is looked at
  expect(JSON.parse(made)).toEqual({
    kind: "PartialObjectMetadata",
    apiVersion: "meta.k8s.io/v1",
    metadata: JSON.parse(json.toString()).metadata,
  });
  const custom = storedPartialJson({ json }, () => object, { ...kind, custom: true }, "meta.k8s.io/v1").toString();
  expect(custom).toBe(made);
});
