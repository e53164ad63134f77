import { beforeEach, describe, expect, test } from "vitest";
import type { Service } from "../../../../openapi/api/core.v1.ts";
import type { KubeObject } from "../../../meta/object.ts";
import { systemClock } from "../../../storage/clock.ts";
import { openStorage } from "../../../storage/open.ts";
import type { Storage } from "../../../storage/storage.ts";
import { PLAIN, scope, storeOf } from "../../generic/test-registry.ts";
import { ServerRegistry } from "../../registry.ts";
import type { Services } from "../../services.ts";

const RANGE = {
  kind: "ServiceCIDR",
  metadata: { name: "kubernetes" },
  spec: { cidrs: ["10.96.0.0/24"] },
} as KubeObject;

let storage: Storage;
let registry: ServerRegistry;

let seconds = 0;
let told: string[] = [];
const open = () =>
  new ServerRegistry({
    storage,
    allocationObserver: {
      clock: () => ++seconds,
      tookAddress: (cidr, asked, took) => told.push(`took ${cidr} ${asked} ${took}`),
      refusedAddress: (cidr, asked) => told.push(`refused ${cidr} ${asked}`),
      tookPort: (asked) => told.push(`took port ${asked}`),
      refusedPort: (asked) => told.push(`refused port ${asked}`),
    },
    admission: { admit: async () => undefined, validate: async () => undefined },
    random: Math.random,
    clock: systemClock,
    services: {} as Services, // Services need none
  });

beforeEach(async () => {
  storage = await openStorage("memory:", { durability: "relaxed", historySeconds: 0 });
  registry = open();
  await storeOf(registry, "servicecidrs", "networking.k8s.io").create("", structuredClone(RANGE), scope());
});

/** As it comes from a client: decoded and defaulted. */
function service(name: string, spec: Partial<Service["spec"]>): Service {
  const ports = [{ port: 80, targetPort: 80, protocol: "TCP" }];
  const object = {
    kind: "Service",
    metadata: { name },
    spec: { ports, ...spec },
    status: { loadBalancer: {} },
  } as Service;
  storeOf(registry, "services").kind.definition.defaults?.(object);
  return object;
}

const create = async (name: string, spec: Partial<Service["spec"]> = {}, dryRun = false) => {
  const stored = await storeOf(registry, "services").create("a", service(name, spec), scope({ dryRun }));
  return (stored.object as Service).spec;
};
const change = async (name: string, edit: (object: Service) => void, dryRun = false) => {
  const apply = (current: KubeObject | undefined) => {
    edit(current as Service); // Services only in here
    storeOf(registry, "services").kind.definition.defaults?.(current!);
    return current!;
  };
  const { stored } = await storeOf(registry, "services").update("a", name, "", apply, PLAIN, scope({ dryRun }));
  return (stored.object as Service).spec;
};
const remove = (name: string) => storeOf(registry, "services").delete("a", name, {}, scope());
const taken = () =>
  registry.reader
    .list({ group: "networking.k8s.io", resource: "ipaddresses" }, "")
    .map(({ metadata }) => metadata.name);

test("a PUT of the status of what is not there makes a Service, but gives it no address", async () => {
  const services = storeOf(registry, "services");
  const put = (name: string, subresource: string) =>
    services.update("a", name, subresource, () => service(name, { type: "NodePort" }), PLAIN, scope());
  const { stored, created } = await put("s", "status");
  const { spec, status } = stored.object as Service;
  expect([created, spec.clusterIP, spec.ports?.[0]?.nodePort, status]).toEqual([
    true,
    undefined,
    undefined,
    { loadBalancer: {} },
  ]);
  expect(taken()).toEqual([]);
  const other = storeOf(registry, "configmaps");
  await expect(other.update("a", "c", "", () => service("c", {}), PLAIN, scope())).rejects.toMatchObject({ code: 404 });
});

test("what is taken, refused and left is told", async () => {
  told = [];
  await create("a", { clusterIP: "10.96.0.5" });
  await create("b", { type: "NodePort", ports: [{ port: 80, targetPort: 80, nodePort: 30_001 }] });
  await create("c", { type: "NodePort" });
  await expect(create("d", { clusterIP: "10.96.0.5" })).rejects.toThrow("already allocated");
  await expect(create("e", { clusterIP: "10.96.0.255" })).rejects.toThrow("not in the valid range");
  await expect(
    create("f", { type: "NodePort", ports: [{ port: 80, targetPort: 80, nodePort: 30_001 }] }),
  ).rejects.toThrow("allocated");
  expect(told).toEqual([
    "took 10.96.0.0/24 static 1",
    "took 10.96.0.0/24 dynamic 1",
    "took port static",
    "took 10.96.0.0/24 dynamic 1",
    "took port dynamic",
    "refused 10.96.0.0/24 static",
    "refused 10.96.0.0/24 static",
    "took 10.96.0.0/24 dynamic 1",
    "refused port static",
  ]);
  await remove("a");
  expect(registry.serviceUsage()).toEqual({
    ranges: [{ cidr: "10.96.0.0/24", allocated: 2, available: 252 }],
    nodePorts: { allocated: 2, available: 2766 },
  });
});

describe("cluster IPs", () => {
  test("come from the upper part of the range, and are IPAddresses that name their Service", async () => {
    const { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy } = await create("x");
    expect({ clusterIPs, ipFamilies, ipFamilyPolicy }).toEqual({
      clusterIPs: [clusterIP],
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
    });
    expect(Number(clusterIP?.split(".")[3])).toBeGreaterThan(16);
    const resource = { group: "networking.k8s.io", resource: "ipaddresses" };
    expect(registry.reader.get(resource, "", clusterIP ?? "")).toMatchObject({
      spec: { parentRef: { resource: "services", namespace: "a", name: "x" } },
    });
  });

  test("are given to one of many that ask at once", async () => {
    const wishes = Array.from({ length: 8 }, (_, i) => create(`x${i}`, { clusterIP: "10.96.0.9" }));
    const results = await Promise.allSettled(wishes);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(taken()).toEqual(["10.96.0.9"]);
  });

  test("run out", async () => {
    await Promise.all(Array.from({ length: 254 }, (_, i) => create(`x${i}`)));
    expect(new Set(taken()).size).toBe(254);
    await expect(create("one-more")).rejects.toMatchObject({
      code: 500,
      message: 'Internal error occurred: failed to allocate a serviceIP for Service "one-more": range is full',
    });
  });

  test.each([
    ["10.97.0.1", "the provided network does not match the current range"],
    ["10.96.0.0", "the provided IP (10.96.0.0) is not in the valid range. The range of valid IPs is 10.96.0.0/24"],
    ["10.96.0.9", "provided IP is already allocated"],
  ])("%s is refused: %s", async (clusterIP, why) => {
    await create("first", { clusterIP: "10.96.0.9" });
    await expect(create("x", { clusterIP })).rejects.toThrow(
      `Service "x" is invalid: spec.clusterIPs: Invalid value: ["${clusterIP}"]: failed to allocate IP ${clusterIP}: ${why}`,
    );
  });

  test("cannot be had for a name that no IPAddress can refer to", async () => {
    await expect(create("a/b")).rejects.toThrow(
      /^Service "a\/b" is invalid: spec.clusterIPs: Invalid value: \[""\]: failed to allocate IP: IPAddress.networking.k8s.io "[0-9.]+" is invalid: spec.parentRef.name: Invalid value: "a\/b": may not contain '\/'$/,
    );
  });

  test.each([
    [31_000, 31_001],
    [2_147_483_647, -2_147_483_648],
  ])("a dry run that asks for node port %d names %d for the next", async (nodePort, next) => {
    const ports = [
      { name: "a", port: 80, targetPort: 80, protocol: "TCP", nodePort },
      { name: "b", port: 81, targetPort: 81, protocol: "TCP" },
    ];
    const made = await create("x", { type: "NodePort", ports }, true);
    expect(made?.ports?.map((port) => port.nodePort)).toEqual([nodePort, next]);
  });

  test.each([
    ["is invalid", () => create("x", { clusterIP: "10.96.0.9", sessionAffinity: "Cookie" })],
    ["has a taken name", () => create("taken", { clusterIP: "10.96.0.9" })],
    ["is a dry run", () => create("x", { clusterIP: "10.96.0.9" }, true)],
  ])("are given back when the write %s", async (_, write) => {
    await create("taken", { clusterIP: "10.96.0.8" });
    await write().catch(() => undefined);
    expect(taken()).toEqual(["10.96.0.8"]);
  });

  test("go with the Service, and with its type", async () => {
    await create("x", { clusterIP: "10.96.0.9" });
    await create("y", { clusterIP: "10.96.0.10" });
    await remove("x");
    const spec = await change("y", (object) => {
      object.spec.type = "ExternalName";
      object.spec.externalName = "x.example";
    });
    expect(spec).toEqual({
      ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
      type: "ExternalName",
      externalName: "x.example",
      sessionAffinity: "None",
    });
    expect(taken()).toEqual([]);
  });

  test("are not for headless Services", async () => {
    expect(await create("x", { clusterIP: "None", selector: { a: "b" } })).toMatchObject({ clusterIPs: ["None"] });
    expect(taken()).toEqual([]);
  });
});

describe("node ports", () => {
  const nodePort = (port: number, more: Partial<Service["spec"]> = {}): Partial<Service["spec"]> => ({
    type: "NodePort",
    ports: [{ port: 80, targetPort: 80, protocol: "TCP", nodePort: port }],
    ...more,
  });

  test("are known to the next server on the same storage", async () => {
    await create("x", nodePort(30_001));
    registry.stop();
    registry = open();
    await expect(create("y", nodePort(30_001))).rejects.toThrow(
      'Service "y" is invalid: spec.ports[0].nodePort: Invalid value: 30001: provided port is already allocated',
    );
  });

  test("come back when the Service is deleted, changes its type, or could not be written", async () => {
    await create("x", nodePort(30_001));
    await remove("x");
    await create("x", nodePort(30_001));
    expect((await change("x", ({ spec }) => (spec.type = "ClusterIP"))).ports?.[0]?.nodePort).toBeUndefined();
    await create("bad", nodePort(30_001, { externalTrafficPolicy: "Nearby" })).catch(() => undefined);
    expect((await create("y", nodePort(30_001))).ports?.[0]?.nodePort).toBe(30_001);
  });

  test("stay when an update leaves them out, and are not taken in a dry run", async () => {
    await create("x", nodePort(30_001));
    const spec = await change("x", (object) => {
      object.spec.ports = [{ port: 81, targetPort: 81 }];
      delete object.spec.clusterIP;
      delete object.spec.clusterIPs;
    });
    expect(spec.ports).toMatchObject([{ port: 81, nodePort: 30_001 }]);
    expect(spec.clusterIPs).toHaveLength(1);
    const dry = await change(
      "x",
      (object) => object.spec.ports?.push({ name: "b", port: 82, targetPort: 1 }),
      true,
    ).catch((error) => error);
    expect(dry.message).toContain("spec.ports[0].name: Required value");
  });

  test("named by a dry run are one above the highest that was asked for, however low", async () => {
    const named = async (port: number) => {
      const spec = nodePort(port);
      spec.ports?.push({ name: "b", port: 81, targetPort: 81, protocol: "UDP" });
      for (const each of spec.ports ?? []) each.name ??= "a";
      return (await create("x", spec, true)).ports?.[1]?.nodePort;
    };
    expect([await named(30_005), await named(-5)]).toEqual([30_006, 1]);
  });

  test("also serve health checks while traffic is local", async () => {
    const { healthCheckNodePort } = await create("x", { type: "LoadBalancer", externalTrafficPolicy: "Local" });
    expect(healthCheckNodePort).toBeGreaterThanOrEqual(30_000);
    const spec = await change("x", (object) => (object.spec.externalTrafficPolicy = "Cluster"));
    expect(spec.healthCheckNodePort).toBeUndefined();
  });

  test.each([
    [29_999, "provided port is not in the valid range. The range of valid ports is 30000-32767"],
    [32_768, "provided port is not in the valid range. The range of valid ports is 30000-32767"],
  ])("%i is refused", async (port, why) => {
    await expect(create("x", nodePort(port))).rejects.toThrow(why);
  });
});

test.each([
  { was: "ExternalName", type: "ExternalName", owned: [], shown: undefined },
  { was: "ClusterIP", type: "ExternalName", owned: ["f:internalTrafficPolicy"], shown: "Cluster" },
])("the status of a Service that was a $was and is an $type shows the policy $shown", ({ type, owned, shown }) => {
  const fieldsV1 = { "f:spec": Object.fromEntries(owned.map((field) => [field, {}])) };
  const object = { metadata: { managedFields: [{ fieldsV1 }] }, spec: { type }, status: {} } as unknown as Service;
  const { definition } = storeOf(registry, "services").kind;
  const read = definition.subresources?.status?.read?.(object as never) as Service;
  expect(read.spec.internalTrafficPolicy).toBe(shown);
});
