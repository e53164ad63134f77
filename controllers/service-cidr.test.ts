import { expect, test } from "vitest";
import { listerOf } from "../client/index.ts";
import type { IPAddress, ServiceCIDR } from "../openapi/api/networking.k8s.io.v1.ts";
import { reconcile } from "./service-cidr.ts";

const start = Date.parse("2026-01-01T00:00:00Z");
const range = (name: string, cidrs: string[], isGoing = false): ServiceCIDR => ({
  metadata: {
    name,
    ...(isGoing && { deletionTimestamp: new Date(start).toISOString() }),
    ...(isGoing && { finalizers: ["networking.k8s.io/service-cidr-finalizer"] }),
  },
  spec: { cidrs },
  status: {},
});
const address = (name: string): IPAddress => ({
  metadata: { name, labels: { "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io" } },
  spec: {},
});

function run(ranges: ServiceCIDR[], addresses: string[], afterMs = 0) {
  const listers = { ranges: listerOf(ranges), addresses: listerOf(addresses.map(address)) };
  return reconcile("r", listers, new Date(start + afterMs));
}

test("a new range is kept and called ready", () => {
  expect(run([range("r", ["10.0.0.0/24"])], [])).toMatchObject([
    { patch: { metadata: { finalizers: ["networking.k8s.io/service-cidr-finalizer"] } } },
    {
      type: "apply",
      fieldManager: "service-cidr-controller",
      subresource: "status",
      patch: { status: { conditions: [{ type: "Ready", status: "True", reason: "" }] } },
    },
  ]);
});

test.each([
  { others: [], addresses: ["10.0.0.5"], stays: true },
  { others: [], addresses: ["10.0.1.5", "fd00::1"], stays: false },
  { others: ["10.0.0.0/16"], addresses: ["10.0.0.5"], stays: false },
  { others: ["10.0.0.0/28"], addresses: ["10.0.0.5"], stays: false },
  { others: ["10.0.0.0/28"], addresses: ["10.0.0.50"], stays: true },
])("beside $others and with $addresses a range that is deleted stays: $stays", ({ others, addresses, stays }) => {
  const ranges = [range("r", ["10.0.0.0/24"], true), ...others.map((cidr, i) => range(`o${i}`, [cidr]))];
  const [now, later] = [run(ranges, addresses)[0], run(ranges, addresses, 10_000)[0]];
  if (stays) expect(later).toMatchObject({ patch: { status: { conditions: [{ reason: "Terminating" }] } } });
  else {
    expect(now).toEqual({ do: "requeue", afterMs: 10_000 });
    expect(later).toMatchObject({ patch: { metadata: { "$deleteFromPrimitiveList/finalizers": expect.anything() } } });
  }
});
