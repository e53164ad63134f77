import { expect, test } from "vitest";
import { listerOf } from "../../client/index.ts";
import type { Endpoints, Pod, Service } from "../../openapi/api/core.v1.ts";
import { endpointsController, reconcile } from "./endpoints.ts";
import { TriggerTimes } from "./trigger-times.ts";

const endpoints = (labels: Record<string, string>): Endpoints => ({
  apiVersion: "v1",
  kind: "Endpoints",
  metadata: { name: "e", namespace: "ns", uid: "u", labels },
});
const own = endpoints({ "endpoints.kubernetes.io/managed-by": "endpoint-controller" });
const others = endpoints({ mine: "true" });
const listers = (...known: Endpoints[]) => ({
  services: listerOf<Service>([]),
  pods: listerOf<Pod>([]),
  endpoints: listerOf(known),
  triggers: new TriggerTimes(),
});
const keysOf = (known: Endpoints[], object: Endpoints, old?: Endpoints) =>
  endpointsController.definition.watches.maps
    ?.filter(({ resource }) => resource === "v1/endpoints")
    .flatMap(({ keys }) => keys(object, listers(...known), old));

test.each([
  { what: "somebody's new Endpoints are left alone", known: [others], object: others, keys: [] },
  { what: "so are changed ones", known: [own], object: own, old: own, keys: [] },
  { what: "deleted ones are looked at", known: [], object: others, keys: ["ns/e"] },
  { what: "so are its own of an earlier life", known: [own], object: own, keys: ["ns/e"] },
])("$what", ({ known, object, old, keys }) => {
  expect(keysOf(known, object, old)).toEqual(keys);
});

test("Endpoints go with their Service", () => {
  expect(reconcile("ns/e", listers(own))).toEqual([{ do: "delete", resource: "v1/endpoints", object: own }]);
});
