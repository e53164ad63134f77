import {
  type Action,
  type ApiObject,
  andThen,
  controllerOf,
  defineController,
  isNotFound,
  type Key,
  keyOf,
  mapping,
} from "../../client/index.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import type { ResourceClaim } from "../../openapi/api/resource.k8s.io.v1.ts";
import { CLAIMS, claimNameOf, isDone, type Listers, syncPod, TEMPLATES } from "./pod.ts";

type Claim = Readonly<ResourceClaim>;
type Consumer = NonNullable<NonNullable<Claim["status"]>["reservedFor"]>[number];

/** Holds a claim while devices are allocated to it. */
const FINALIZER = "resource.kubernetes.io/delete-protection";
const POD = "pod:";
const CLAIM = "claim:";

/** Makes claims from templates, and frees claims that nobody uses. Follows pkg/controller/resourceclaim. */
export function reconcile(key: Key, listers: Listers): Action[] {
  if (key.startsWith(POD)) {
    const pod = listers.pods.get(key.slice(POD.length));
    return pod ? syncPod(pod, listers) : [];
  }
  const claim = listers.claims.get(key.slice(CLAIM.length));
  return claim ? syncClaim(claim, listers) : [];
}

/** (syncClaim) */
function syncClaim(claim: Claim, listers: Listers): Action[] {
  const { namespace } = claim.metadata;
  const consumers = claim.status?.reservedFor ?? [];
  const isPod = ({ apiGroup = "", resource }: Consumer) => apiGroup === "" && resource === "pods";
  const podOf = ({ name }: Consumer) => listers.pods.get(`${namespace}/${name}`);
  const isHeld = (consumer: Consumer, pod: Readonly<Pod> | undefined) =>
    pod?.metadata.uid === consumer.uid && !!pod && !isDone(pod);
  // Whoever the cache does not know may be younger than it: the server is asked.
  const unknown = consumers.filter((consumer) => isPod(consumer) && !podOf(consumer));
  const decide = (live: ReadonlyMap<string, Readonly<Pod>>) =>
    free(
      claim,
      consumers.filter((consumer) => !isPod(consumer) || isHeld(consumer, podOf(consumer) ?? live.get(consumer.uid))),
      listers,
    );
  if (!unknown.length) return decide(new Map());
  return [
    {
      do: "batch",
      actions: unknown.map(({ name }) => ({
        do: "get",
        resource: "v1/pods",
        object: { metadata: { name, namespace } },
      })),
      after(results) {
        const error = results.find((result) => !result.ok && !isNotFound(result.error));
        if (error && !error.ok) return [{ do: "fail", error: error.error }];
        // A `get` of Pods answers Pods.
        const pods = results.flatMap((result) => (result.ok && result.object ? [result.object as Pod] : []));
        return decide(new Map(pods.map((pod) => [pod.metadata.uid ?? "", pod])));
      },
    },
  ];
}

function free(claim: Claim, remaining: readonly Consumer[], { pods }: Listers): Action[] {
  const { finalizers = [], deletionTimestamp, namespace } = claim.metadata;
  const isHeld = finalizers.includes(FINALIZER);
  const unfinalized = (written: ApiObject): Action[] => {
    const metadata = { ...written.metadata, finalizers: finalizers.filter((one) => one !== FINALIZER) };
    return [{ do: "update", resource: CLAIMS, object: { ...written, metadata } }];
  };
  const { allocation, reservedFor = [], ...rest } = claim.status ?? {};
  const actions: Action[] = [];
  if (remaining.length < reservedFor.length) {
    const releases = !remaining.length && isHeld;
    const status = {
      ...rest,
      ...(allocation && !releases && { allocation }),
      ...(remaining.length && { reservedFor: [...remaining] }),
    };
    const write = { do: "updateStatus", resource: CLAIMS, object: { ...claim, status } as Claim } as const;
    actions.push(andThen(write, (written) => (isHeld && (releases || !allocation) ? unfinalized(written) : [])));
  } else if (isHeld && deletionTimestamp && !remaining.length) {
    if (!allocation) actions.push(...unfinalized(claim));
    else
      actions.push(
        andThen({ do: "updateStatus", resource: CLAIMS, object: { ...claim, status: rest } as Claim }, unfinalized),
      );
  }
  const owner = controllerOf(claim);
  const pod = owner?.kind === "Pod" && owner.apiVersion === "v1" ? pods.get(`${namespace}/${owner.name}`) : undefined;
  const isOver = pod && (pod.metadata.uid !== owner?.uid || isDone(pod));
  if (!remaining.length && isOver && !deletionTimestamp)
    actions.push({ do: "delete", resource: CLAIMS, object: claim });
  return actions;
}

const BY_TEMPLATE = "resourceClaimTemplate";
const BY_CLAIM = "resourceClaim";

const keysOf = ({ metadata }: Readonly<Pod>, names: readonly (string | undefined)[]): string[] =>
  names.flatMap((name) => (name ? [`${metadata.namespace}/${name}`] : []));
const templateKeys = (pod: Readonly<Pod>) =>
  keysOf(
    pod,
    (pod.spec.resourceClaims ?? []).map(({ resourceClaimTemplateName }) => resourceClaimTemplateName),
  );
/** With the one that the scheduler has made for its extended resources. */
const claimKeys = (pod: Readonly<Pod>) =>
  keysOf(pod, [
    ...(pod.spec.resourceClaims ?? []).map((entry) => claimNameOf(pod, entry)),
    pod.status.extendedResourceClaimStatus?.resourceClaimName,
  ]);

export const resourceClaimController = defineController<Listers>({
  name: "resourceclaim-controller",
  eventSource: "resource_claim",
  watches: {
    maps: [
      mapping("v1/pods", (pod, { pods }: Listers) => {
        if (!pod.spec.resourceClaims?.length && !pod.status.extendedResourceClaimStatus) return [];
        if (!pods.get(keyOf(pod)) || isDone(pod)) return claimKeys(pod).map((key) => CLAIM + key);
        return [POD + keyOf(pod)];
      }),
      mapping(CLAIMS, (claim, { pods }: Listers) => [
        CLAIM + keyOf(claim),
        ...pods.by(BY_CLAIM, keyOf(claim)).map((pod) => POD + keyOf(pod)),
      ]),
      mapping(TEMPLATES, (template, { pods }: Listers) =>
        pods.by(BY_TEMPLATE, keyOf(template)).map((pod) => POD + keyOf(pod)),
      ),
    ],
  },
  listers: (get) => ({
    pods: get("v1/pods", { [BY_TEMPLATE]: templateKeys, [BY_CLAIM]: claimKeys }),
    claims: get(CLAIMS),
    templates: get(TEMPLATES),
  }),
  reconcile,
});
