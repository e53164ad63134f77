import { afterAll, beforeAll, expect, test } from "vitest";
import { type ClusterUnderTest, clusterUnderTest } from "./cluster.ts";
import { eventually } from "./eventually.ts";
import { kubectlPath, runClient } from "./kubectl.ts";

/** Dynamic resource allocation: what the scheduler gives Pods of the devices that drivers offer. */
const run = `devices-${process.pid}`;
const driver = `${run}.example.com`;
let cluster: ClusterUnderTest;

async function kubectl(args: string, input?: unknown): Promise<string> {
  const all = ["-n", run, ...args.split(" ")];
  const output = await runClient(kubectlPath(36), cluster.kubeconfig, all, input ? JSON.stringify(input) : "");
  expect(output.exit, output.stderr).toBe(0);
  return output.stdout;
}
const get = async (what: string) => JSON.parse(await kubectl(`get ${what} -o json`));
const resource = (kind: string, name: string, spec: unknown) => ({
  apiVersion: "resource.k8s.io/v1",
  kind,
  metadata: { name },
  spec,
});
const pod = (name: string, claim: object) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: {
    containers: [{ name: "c", image: "registry.k8s.io/pause:3.10", resources: { claims: [{ name: "gpu" }] } }],
    resourceClaims: [{ name: "gpu", ...claim }],
  },
});
const scheduled = async (name: string) =>
  (await get(`pod ${name}`)).status.conditions?.find(({ type }: { type: string }) => type === "PodScheduled");

beforeAll(async () => {
  cluster = await clusterUnderTest({ nodes: 1 });
  await kubectl(`create namespace ${run}`);
  const expression = `device.driver == '${driver}' && device.attributes['${driver}'].cores > 4`;
  await kubectl("create -f -", resource("DeviceClass", run, { selectors: [{ cel: { expression } }] }));
  const cores = (int: number) => ({ attributes: { cores: { int } } });
  await kubectl(
    "create -f -",
    resource("ResourceSlice", run, {
      driver,
      allNodes: true,
      pool: { name: "pool", generation: 1, resourceSliceCount: 1 },
      devices: [
        { name: "small", ...cores(2) },
        { name: "large", ...cores(8) },
        {
          name: "shared",
          ...cores(16),
          allowMultipleAllocations: true,
          capacity: { memory: { value: "40Gi", requestPolicy: { default: "10Gi" } } },
        },
      ],
    }),
  );
});
afterAll(async () => {
  await kubectl(`delete deviceclass,resourceslice ${run} --ignore-not-found`);
  await kubectl(`delete namespace ${run} --wait=false`);
  await cluster?.stop();
});

test("a Pod gets the device that its class asks for, and the next waits until it is gone", async () => {
  const expression = "!device.allowMultipleAllocations";
  await kubectl(
    "create -f -",
    resource("ResourceClaimTemplate", "one", {
      spec: {
        devices: {
          requests: [{ name: "gpu", exactly: { deviceClassName: run, selectors: [{ cel: { expression } }] } }],
        },
      },
    }),
  );
  await kubectl("create -f -", pod("first", { resourceClaimTemplateName: "one" }));
  await eventually(async () => expect(await scheduled("first")).toMatchObject({ status: "True" }));
  const { metadata, status } = await get("pod first");
  const claim = await get(`resourceclaim ${status.resourceClaimStatuses[0].resourceClaimName}`);
  expect(claim.metadata.finalizers).toEqual(["resource.kubernetes.io/delete-protection"]);
  expect(claim.status).toMatchObject({
    allocation: { devices: { results: [{ request: "gpu", driver, pool: "pool", device: "large" }] } },
    reservedFor: [{ resource: "pods", name: "first", uid: metadata.uid }],
  });

  await kubectl("create -f -", pod("second", { resourceClaimTemplateName: "one" }));
  await eventually(async () =>
    expect(await scheduled("second")).toMatchObject({
      status: "False",
      reason: "Unschedulable",
      message: expect.stringMatching(
        /^0\/\d+ nodes are available: \d+ cannot allocate all claims\. still not schedulable, /,
      ),
    }),
  );
  await kubectl("delete pod first --now");
  await eventually(async () => expect(await scheduled("second")).toMatchObject({ status: "True" }), 40_000);
});

test("Pods share a device as far as its capacity goes", async () => {
  const share = (name: string) =>
    resource("ResourceClaim", name, {
      devices: {
        requests: [
          {
            name: "gpu",
            exactly: {
              deviceClassName: run,
              selectors: [{ cel: { expression: "device.allowMultipleAllocations" } }],
              capacity: { requests: { memory: "20Gi" } },
            },
          },
        ],
      },
    });
  for (const name of ["a", "b"]) {
    await kubectl("create -f -", share(name));
    await kubectl("create -f -", pod(name, { resourceClaimName: name }));
    await eventually(async () => expect(await scheduled(name)).toMatchObject({ status: "True" }));
    const [result] = (await get(`resourceclaim ${name}`)).status.allocation.devices.results;
    expect(result).toMatchObject({ device: "shared", consumedCapacity: { memory: "20Gi" } });
    expect(result.shareID).toMatch(/^[0-9a-f-]{36}$/);
  }
  await kubectl("create -f -", share("c"));
  await kubectl("create -f -", pod("c", { resourceClaimName: "c" }));
  await eventually(async () => expect(await scheduled("c")).toMatchObject({ status: "False" }));
});
