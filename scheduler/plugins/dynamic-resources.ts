import { nodeSelectorMatches } from "../../client/index.ts";
import type { AllocationResult, ResourceClaim } from "../../openapi/api/resource.k8s.io.v1.ts";
import type { PluginArgs } from "../config/types.ts";
import { allocate, type DevicesInUse, FailedOnNodeError, TimedOutError } from "../devices/allocate.ts";
import { bindClaim, isReady, mustGetReady, releaseClaim, untilReady } from "../devices/bind-claim.ts";
import { createClaim, deleteClaim, tellPod } from "../devices/bind-extended-claim.ts";
import { canBeReserved, claimsOf, isReservedFor } from "../devices/claims.ts";
import { extendedResourceClaim, isInMemory, type Requests, requestsFor } from "../devices/extended-resources.ts";
import {
  type ClusterAccess,
  type Cycle,
  defaultNormalize,
  type Handle,
  type Plugin,
  refuse,
  type Status,
} from "../framework.ts";

const NAME = "DynamicResources";
/** The earlier of its alternatives a request gets, the better; it may have so many. */
const MAX_ALTERNATIVES = 8;

interface State {
  /** Replaced by what has been written of them, once it has. */
  claims: ResourceClaim[];
  readonly unallocated: readonly ResourceClaim[];
  readonly inUse: DevicesInUse;
  /** What unallocated claims would get, by node. */
  readonly byNode: Map<string, AllocationResult[]>;
  /** Allocated claims that cannot be used on some node. */
  readonly unavailable: Set<ResourceClaim>;
  /** What was chosen, once a node is, by the claim's uid. */
  readonly chosen: Map<string, AllocationResult>;
  /** The claim for resources that devices stand for, when the Pod asks for such; made once the Pod is bound. */
  extended?: ResourceClaim;
  /** What it asks for, by node: some nodes have plugins for some of them. */
  readonly extendedByNode: Map<string, { claim: ResourceClaim; mappings: Requests["mappings"] }>;
}

const uidOf = ({ metadata }: ResourceClaim) => metadata.uid ?? "";

/** Devices that Pods claim. (framework/plugins/dynamicresources) */
export function dynamicResources({ devices }: Handle, args: PluginArgs["DynamicResources"]): Plugin {
  const { claims: allClaims, slices, deviceClass, classOfResource, compileSelector, newShareId, now } = devices;
  const stateOf = ({ state }: Cycle) => state.get(NAME) as State | undefined;

  function missingClass(claim: ResourceClaim): Status | undefined {
    for (const { name, exactly, firstAvailable } of claim.spec.devices.requests ?? []) {
      const wanted = firstAvailable
        ? firstAvailable.map((sub) => ({ request: `${name}/${sub.name}`, deviceClassName: sub.deviceClassName }))
        : [{ request: name, deviceClassName: exactly?.deviceClassName ?? "" }];
      for (const { request, deviceClassName } of wanted)
        if (!deviceClass(deviceClassName))
          return refuse(NAME, [`request ${request}: device class ${deviceClassName} does not exist`], true);
    }
    return undefined;
  }

  /** It will not get ready, or it takes too long. */
  function cannotGetReady(claim: ResourceClaim): boolean {
    const { allocation } = claim.status ?? {};
    if (!allocation || !mustGetReady(claim)) return false;
    try {
      const since = allocation.allocationTimestamp;
      return !isReady(claim) && since !== undefined && now().getTime() - Date.parse(since) > args.bindingTimeout;
    } catch {
      return true;
    }
  }

  /** Makes the claim that was only thought of so far, where the node has not what it asks for. */
  async function bindExtended({ pod }: Cycle, state: State, i: number, node: string, cluster: ClusterAccess) {
    const here = state.extendedByNode.get(node);
    if (!here) return;
    const uid = uidOf(here.claim);
    const allocation = state.chosen.get(uid);
    const created = await createClaim(here.claim, cluster, allClaims);
    // From now on there is something to take back.
    state.claims[i] = created;
    state.extended = created;
    const bound = await bindClaim(created, allocation, pod, cluster, allClaims);
    allClaims.endPending(uid);
    state.claims[i] = bound;
    state.extended = bound;
    await tellPod(pod, bound, here.mappings, cluster);
  }

  return {
    name: NAME,
    hints: {
      "node/add": () => true,
      "node/labels": () => true,
      "node/allocatable": () => true,
      "deviceclass/change": () => true,
      "resourceslice/change": () => true,
      "resourceclaim/change": (pod, { old, now }) => {
        const claims = claimsOf(pod, allClaims);
        if (typeof claims === "string") return false;
        if (old?.status?.allocation && !now?.status?.allocation) return true;
        if (!claims.some(({ metadata }) => metadata.uid === now?.metadata.uid)) return false;
        return !old || JSON.stringify(old.status) !== JSON.stringify(now?.status);
      },
      "pod/claims": (pod, { now }) => pod.metadata.uid === now?.metadata.uid,
    },
    preEnqueue(pod) {
      const claims = pod.spec.resourceClaims?.length ? claimsOf(pod, allClaims) : [];
      return typeof claims === "string" ? claims : undefined;
    },
    preFilter({ pod, info, state }) {
      const claims = pod.spec.resourceClaims?.length ? claimsOf(pod, allClaims) : [];
      const known = typeof claims === "string" ? [] : claims;
      const unallocated = known.filter(({ status }) => !status?.allocation);
      const isDevices = Object.keys(info.requests).some((name) => info.requests[name] && classOfResource(name));
      const prepared: State = {
        // None as long as the Pod may still be refused: then there is none to take from others either.
        claims: [],
        unallocated,
        inUse: allClaims.inUse(unallocated.length > 0 || isDevices),
        byNode: new Map(),
        unavailable: new Set(),
        chosen: new Map(),
        extendedByNode: new Map(),
      };
      state.set(NAME, prepared);
      if (typeof claims === "string") return refuse(NAME, [claims], true);
      if (!claims.length && !isDevices) return "skip";
      for (const claim of claims) {
        const { namespace, name } = claim.metadata;
        if (claim.status?.allocation) {
          if (!canBeReserved(claim) && !isReservedFor(claim, pod)) return refuse(NAME, ["resourceclaim in use"], true);
          continue;
        }
        if (allClaims.isPending(uidOf(claim)))
          return refuse(NAME, [`resource claim ${namespace}/${name} is in the process of being allocated`], true);
        const missing = missingClass(claim);
        if (missing) return missing;
      }
      prepared.claims = known;
      if (isDevices) {
        prepared.extended = extendedResourceClaim(pod, allClaims, newShareId());
        prepared.claims = [...known, prepared.extended];
      }
      return undefined;
    },
    filter(cycle, { node, name, allocatable }) {
      const state = stateOf(cycle);
      if (!state) return undefined;
      const { extended } = state;
      // Made by an earlier attempt that came to nothing: it goes first.
      if (extended?.spec.devices.requests) return refuse(NAME, ["cannot schedule extended resource claim"], true);
      const isHere = (resource: string) => (allocatable[resource] ?? 0) > 0;
      const byDevices = Object.keys(cycle.info.requests).filter(
        (resource) => extended && cycle.info.requests[resource] && classOfResource(resource) && !isHere(resource),
      );
      if (extended && byDevices.length) {
        const { requests, mappings } = requestsFor(cycle.pod, byDevices, classOfResource);
        const claim = { ...extended, spec: { devices: { requests } } };
        state.extendedByNode.set(name, { claim, mappings });
      }
      const unavailable = state.claims.filter((claim) => {
        const selector = claim.status?.allocation?.nodeSelector;
        return (selector && !nodeSelectorMatches(selector, node)) || cannotGetReady(claim);
      });
      for (const claim of unavailable) state.unavailable.add(claim);
      const here = state.extendedByNode.get(name);
      const claims = [...state.unallocated, ...(here ? [here.claim] : [])];
      if (claims.length && !state.byNode.has(name)) {
        const { inUse } = state;
        const end = now().getTime() + args.filterTimeout;
        const isLate = () => args.filterTimeout > 0 && now().getTime() > end;
        try {
          const result = allocate(node, {
            claims,
            inUse,
            slices: slices(),
            deviceClass,
            compileSelector,
            newShareId,
            isLate,
          });
          if (!result) return refuse(NAME, ["cannot allocate all claims"], true);
          state.byNode.set(name, result);
        } catch (error) {
          if (error instanceof FailedOnNodeError) return refuse(NAME, [error.message], true);
          const why =
            error instanceof TimedOutError
              ? `node ${name}: timed out trying to allocate devices`
              : error instanceof Error
                ? error.message
                : String(error);
          throw new Error(`running "${NAME}" filter plugin: ${why}`);
        }
      }
      return unavailable.length ? refuse(NAME, ["resourceclaim not available on the node"], true) : undefined;
    },
    postFilter(cycle) {
      const state = stateOf(cycle);
      // A refusal before its PreFilter leaves it without state: upstream ends with this error then.
      if (!state) return { message: "not found", isFinal: true };
      if (!state.claims.length) return { message: "no new claims to deallocate" };
      const { extended } = state;
      const unused = [...state.unavailable].find(({ status }) => {
        const users = status?.reservedFor ?? [];
        return !users.length || (users.length === 1 && users[0]?.uid === cycle.pod.metadata.uid);
      });
      if (!unused && extended && !isInMemory(extended))
        return { message: "deletion of ResourceClaim completed", act: (cluster) => deleteClaim(extended, cluster) };
      if (!unused) return { message: "still not schedulable" };
      const { allocation: _, reservedFor: __, devices: ___, ...status } = unused.status ?? {};
      return {
        message: "deallocation of ResourceClaim completed",
        act: async ({ client }) => {
          await client.updateStatus("resource.k8s.io/v1/resourceclaims", { ...unused, status });
        },
      };
    },
    preScore: (cycle) => (stateOf(cycle)?.claims.length ? undefined : "skip"),
    score(cycle, { name }) {
      let score = 0;
      const state = stateOf(cycle);
      for (const claim of state?.claims ?? []) {
        const allocation = claim.status?.allocation ?? state?.byNode.get(name)?.[state.unallocated.indexOf(claim)];
        const given = new Set(allocation?.devices.results?.map(({ request }) => request));
        for (const { name: request, firstAvailable } of claim.spec.devices.requests ?? [])
          for (const [i, sub] of (firstAvailable ?? []).entries())
            if (given.has(`${request}/${sub.name}`)) score += MAX_ALTERNATIVES - i;
      }
      return score;
    },
    normalize: (_, scores) => defaultNormalize(scores, false),
    reserve(cycle, node) {
      const state = stateOf(cycle);
      const here = state?.extendedByNode.get(node);
      for (const [i, claim] of [...(state?.unallocated ?? []), ...(here ? [here.claim] : [])].entries()) {
        const result = state?.byNode.get(node)?.[i];
        if (!result) throw new Error("claim allocation not found for node");
        state?.chosen.set(uidOf(claim), result);
        allClaims.setPending(uidOf(claim), result);
      }
    },
    unreserve(cycle, cluster) {
      const state = stateOf(cycle);
      // Claims that were not reserved in this cycle may be another Pod's.
      for (const uid of state?.chosen.keys() ?? []) allClaims.endPending(uid);
      const warn = (claim: ResourceClaim) => (error: unknown) =>
        cluster.logger.warn({ err: error, claim: claim.metadata.name }, "releasing a claim failed");
      for (const claim of state?.claims ?? []) {
        if (claim.metadata.name === state?.extended?.metadata.name) {
          if (!isInMemory(claim)) deleteClaim(claim, cluster).catch(warn(claim));
          continue;
        }
        if (!claim.status?.allocation || !isReservedFor(claim, cycle.pod)) continue;
        releaseClaim(claim, cycle.pod, cluster).catch(warn(claim));
      }
    },
    preBindPreFlight: (cycle) => Boolean(stateOf(cycle)?.claims.length),
    async preBind(cycle, node, cluster) {
      const state = stateOf(cycle);
      if (!state?.claims.length) return;
      for (const [i, claim] of state.claims.entries()) {
        if (claim === state.extended) {
          await bindExtended(cycle, state, i, node, cluster);
          continue;
        }
        if (isReservedFor(claim, cycle.pod)) continue;
        state.claims[i] = await bindClaim(claim, state.chosen.get(uidOf(claim)), cycle.pod, cluster, allClaims);
      }
      if (!state.claims.some(mustGetReady)) return;
      cluster.recorder.event({
        regarding: cycle.pod,
        type: "Normal",
        reason: "BindingConditionsPending",
        action: "Scheduling",
        note: `waiting for binding conditions for device on node ${node}`,
      });
      await untilReady(state.claims, cluster, allClaims, args.bindingTimeout);
    },
  };
}
