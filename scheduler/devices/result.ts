import type { Node, NodeSelector, NodeSelectorRequirement } from "../../openapi/api/core.v1.ts";
import type {
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceClass,
  ResourceClaim,
} from "../../openapi/api/resource.k8s.io.v1.ts";
import type { PooledDevice } from "./pools.ts";
import type { Alternative } from "./requests.ts";

/** A device that was chosen for a request. */
export interface Chosen {
  readonly alternative: Alternative;
  readonly device: PooledDevice;
  /** Of a shared device: this share's name, and what it takes. */
  readonly share?: { readonly id: string; readonly consumed: Readonly<Record<string, string>> };
}

/** What is written into a claim's status. (allocator_incubating.go Allocate) */
export function resultOf(node: Node, claim: ResourceClaim, chosen: readonly Chosen[]): AllocationResult {
  const results = chosen.map(({ alternative: { request, isAdmin, tolerations }, device, share }) => ({
    request,
    driver: device.driver,
    pool: device.pool.name,
    device: device.device.name,
    ...(isAdmin && { adminAccess: true }),
    ...(tolerations.length && { tolerations: [...tolerations] }),
    ...(device.device.bindingConditions?.length && { bindingConditions: device.device.bindingConditions }),
    ...(device.device.bindingFailureConditions?.length && {
      bindingFailureConditions: device.device.bindingFailureConditions,
    }),
    ...(share && {
      shareID: share.id,
      ...(Object.keys(share.consumed).length && { consumedCapacity: { ...share.consumed } }),
    }),
  }));
  const config = configOf(claim, chosen);
  const nodeSelector = nodeSelectorOf(
    node,
    chosen.map(({ device }) => device),
  );
  return {
    devices: { results, ...(config.length && { config }) },
    ...(nodeSelector && { nodeSelector }),
  };
}

/** Settings of classes come before those of the claim, which may overrule them. */
function configOf(claim: ResourceClaim, chosen: readonly Chosen[]): DeviceAllocationConfiguration[] {
  const requestsOf = new Map<DeviceClass, Set<string>>();
  for (const { alternative: picked } of chosen) {
    const known = requestsOf.get(picked.deviceClass) ?? new Set();
    requestsOf.set(picked.deviceClass, known.add(picked.request));
  }
  const names = new Set(chosen.flatMap(({ alternative: { request } }) => [request, request.split("/")[0] ?? ""]));
  return [
    ...[...requestsOf].flatMap(([{ spec }, requests]) =>
      (spec.config ?? []).map((config) => ({ source: "FromClass", requests: [...requests], ...config })),
    ),
    ...(claim.spec.devices.config ?? [])
      .filter(({ requests }) => !requests?.length || requests.some((request) => names.has(request)))
      .map((config) => ({ source: "FromClaim", ...config })),
  ];
}

/** Where the chosen devices can be used together; undefined = everywhere. (createNodeSelector) */
function nodeSelectorOf(node: Node, devices: readonly PooledDevice[]): NodeSelector | undefined {
  const fields: NodeSelectorRequirement[] = [];
  const expressions: NodeSelectorRequirement[] = [];
  const add = (to: NodeSelectorRequirement[], more: readonly NodeSelectorRequirement[] | undefined) => {
    for (const one of more ?? []) if (!to.some((known) => JSON.stringify(known) === JSON.stringify(one))) to.push(one);
  };
  for (const { device, slice } of devices) {
    const { nodeName, nodeSelector } = slice.spec.perDeviceNodeSelection ? device : slice.spec;
    if (nodeName || device.bindsToNode) {
      const isThere = { key: "metadata.name", operator: "In", values: [node.metadata.name ?? ""] };
      return { nodeSelectorTerms: [{ matchFields: [isThere] }] };
    }
    add(fields, nodeSelector?.nodeSelectorTerms?.[0]?.matchFields);
    add(expressions, nodeSelector?.nodeSelectorTerms?.[0]?.matchExpressions);
  }
  if (!fields.length && !expressions.length) return undefined;
  return {
    nodeSelectorTerms: [
      {
        ...(expressions.length && { matchExpressions: expressions }),
        ...(fields.length && { matchFields: fields }),
      },
    ],
  };
}
