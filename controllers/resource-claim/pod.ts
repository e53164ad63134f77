import { type Action, type ApiObject, controllerOf, type Lister, type WriteAction } from "../../client/index.ts";
import type { Pod, PodResourceClaim } from "../../openapi/api/core.v1.ts";
import type { ResourceClaim, ResourceClaimTemplate } from "../../openapi/api/resource.k8s.io.v1.ts";
import { isOwnedBy } from "../owner.ts";

export const CLAIMS = "resource.k8s.io/v1/resourceclaims";
export const TEMPLATES = "resource.k8s.io/v1/resourceclaimtemplates";
/** On a claim made for a Pod: the name of the Pod's entry. */
const ENTRY = "resource.kubernetes.io/pod-claim-name";
const FIELD_MANAGER = "ResourceClaimController";
/** How many may share a claim. (ResourceClaimReservedForMaxSize) */
const MOST_CONSUMERS = 256;
/** Room for a dash and five random characters in a name of 63. */
const LONGEST_BASE = 57;

export interface Listers {
  pods: Lister<Pod>;
  claims: Lister<ResourceClaim>;
  templates: Lister<ResourceClaimTemplate>;
}

type AnyPod = Readonly<Pod>;
type Claim = Readonly<ResourceClaim>;

/** Name of the claim behind an entry, when it is known: templates get theirs only when the claim is made. */
export function claimNameOf({ status }: AnyPod, entry: PodResourceClaim): string | undefined {
  if (entry.resourceClaimName) return entry.resourceClaimName;
  return status.resourceClaimStatuses?.find(({ name }) => name === entry.name)?.resourceClaimName;
}

/** Makes the claims of a Pod's templates, and reserves claims for a Pod that has a node already. (syncPod) */
export function syncPod(pod: AnyPod, listers: Listers): Action[] {
  if (pod.metadata.deletionTimestamp) return [];
  const found = new Map<string, string>();
  const missing: { entry: PodResourceClaim; create: WriteAction }[] = [];
  for (const entry of pod.spec.resourceClaims ?? []) {
    if (!entry.resourceClaimTemplateName) continue;
    const name = claimNameOf(pod, entry);
    const known = name && listers.claims.get(`${pod.metadata.namespace}/${name}`);
    if (name === "" || (known && isOwnedBy(known, pod))) continue;
    const made = listers.claims
      .ownedBy(pod.metadata.uid ?? "")
      .find(({ metadata }) => metadata.annotations?.[ENTRY] === entry.name);
    if (made) {
      found.set(entry.name, made.metadata.name ?? "");
      continue;
    }
    const template = listers.templates.get(`${pod.metadata.namespace}/${entry.resourceClaimTemplateName}`);
    if (!template) {
      const text = `resourceclaimtemplate.resource.k8s.io "${entry.resourceClaimTemplateName}" not found`;
      return failed(pod, entry.name, `resource claim template "${entry.resourceClaimTemplateName}": ${text}`);
    }
    missing.push({ entry, create: { do: "create", resource: CLAIMS, object: claimOf(pod, entry.name, template) } });
  }
  if (!missing.length) return found.size ? [announce(pod, found)] : reserve(pod, listers);
  return [
    {
      do: "batch",
      actions: missing.map(({ create }) => create),
      after(results) {
        const problems: Action[] = [];
        results.forEach((result, index) => {
          const name = missing[index]?.entry.name ?? "";
          if (result.ok) found.set(name, result.object?.metadata.name ?? "");
          else {
            const text = result.error instanceof Error ? result.error.message : String(result.error);
            problems.push(...failed(pod, name, `create ResourceClaim : ${text}`));
          }
        });
        return [...(found.size ? [announce(pod, found)] : []), ...problems];
      },
    },
  ];
}

function failed(pod: AnyPod, entry: string, problem: string): Action[] {
  const message = `PodResourceClaim ${entry}: ${problem}`;
  const { namespace, name } = pod.metadata;
  return [
    { do: "event", about: pod, type: "Warning", reason: "FailedResourceClaimCreation", message },
    { do: "fail", error: new Error(`pod ${namespace}/${name}, ${message}`) },
  ];
}

function claimOf(pod: AnyPod, entry: string, { spec }: Readonly<ResourceClaimTemplate>): ApiObject {
  const { name = "", namespace, uid } = pod.metadata;
  const full = `${name}-${entry}-`;
  const cut = (text: string) => text.slice(0, Math.floor((text.length * LONGEST_BASE) / full.length));
  const object = {
    apiVersion: "resource.k8s.io/v1",
    kind: "ResourceClaim",
    metadata: {
      generateName: full.length > LONGEST_BASE ? `${cut(name)}-${cut(entry)}` : full,
      namespace,
      annotations: { ...spec.metadata?.annotations, [ENTRY]: entry },
      ...(spec.metadata?.labels && { labels: spec.metadata.labels }),
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name, uid: uid ?? "", controller: true }],
    },
    spec: spec.spec,
  };
  return object;
}

/** Writes the names of made claims into the Pod's status, where scheduler and kubelet look for them. */
function announce(pod: AnyPod, found: ReadonlyMap<string, string>): Action {
  const { name, namespace } = pod.metadata;
  const names = new Map((pod.status.resourceClaimStatuses ?? []).map((one) => [one.name, one.resourceClaimName]));
  for (const [entry, claim] of found) names.set(entry, claim);
  const resourceClaimStatuses = [...names].map(([entry, resourceClaimName]) => ({ name: entry, resourceClaimName }));
  const patch = { apiVersion: "v1", kind: "Pod", metadata: { name, namespace }, status: { resourceClaimStatuses } };
  const apply = { type: "apply", patch, subresource: "status", fieldManager: FIELD_MANAGER } as const;
  return { do: "patch", resource: "v1/pods", object: pod, ...apply };
}

/** A Pod that did not get its node from a scheduler has nobody else to reserve its allocated claims. */
function reserve(pod: AnyPod, { claims }: Listers): Action[] {
  if (!pod.spec.nodeName || isDone(pod)) return [];
  const { name = "", namespace, uid = "" } = pod.metadata;
  return (pod.spec.resourceClaims ?? []).flatMap((entry): Action[] => {
    const claim = claims.get(`${namespace}/${claimNameOf(pod, entry)}`);
    if (!claim?.status?.allocation || (controllerOf(claim)?.kind === "Pod" && !isOwnedBy(claim, pod))) return [];
    const reservedFor = claim.status.reservedFor ?? [];
    if (reservedFor.some((one) => one.uid === uid) || reservedFor.length >= MOST_CONSUMERS) return [];
    const status = { ...claim.status, reservedFor: [...reservedFor, { resource: "pods", name, uid }] };
    return [{ do: "updateStatus", resource: CLAIMS, object: { ...claim, status } as Claim }];
  });
}

/** It needs its claims no more. */
export function isDone({ status, metadata, spec }: AnyPod): boolean {
  return status.phase === "Succeeded" || status.phase === "Failed" || (!!metadata.deletionTimestamp && !spec.nodeName);
}
