import { type Action, defineController, type Key, type Lister, mapping } from "../client/index.ts";
import type { Pod } from "../openapi/api/core.v1.ts";
import type { DeviceTaint, DeviceToleration, ResourceClaim, ResourceSlice } from "../openapi/api/resource.k8s.io.v1.ts";
import { markDisrupted, saysDisrupted } from "./disruption-target.ts";
import { isOwnedBy } from "./owner.ts";
import { CLAIMS, claimNameOf } from "./resource-claim/pod.ts";

const SLICES = "resource.k8s.io/v1/resourceslices";
const WHY = {
  reason: "DeletionByDeviceTaintManager",
  message: "Device Taint manager: deleting due to NoExecute taint",
};

interface Listers {
  pods: Lister<Pod>;
  claims: Lister<ResourceClaim>;
  slices: Lister<ResourceSlice>;
}

type Claim = Readonly<ResourceClaim>;

const poolOf = (driver: string, pool: string) => `${driver}/${pool}`;

/** (dynamic-resource-allocation/resourceclaim ToleratesTaint) */
function tolerates({ key, operator, value, effect }: DeviceToleration, taint: DeviceTaint): boolean {
  if (effect !== taint.effect || (key && key !== taint.key)) return false;
  if (operator === "Exists") return true;
  return (!operator || operator === "Equal") && (value ?? "") === (taint.value ?? "");
}

/** When a claim's users have to go, in ms: Infinity while all taints of its devices are tolerated. */
function evictionTime({ status }: Claim, slices: Lister<ResourceSlice>): number {
  const times = (status?.allocation?.devices?.results ?? []).flatMap(({ driver, pool, device, tolerations = [] }) =>
    taintsOf(slices.by("pool", poolOf(driver, pool)), device).map((taint) => {
      const matching = tolerations.filter((toleration) => tolerates(toleration, taint));
      if (!taint.timeAdded || matching.some(({ tolerationSeconds }) => tolerationSeconds === undefined))
        return Number.POSITIVE_INFINITY;
      const seconds = matching.map(({ tolerationSeconds = 0 }) => Math.max(0, tolerationSeconds));
      return Date.parse(taint.timeAdded) + (seconds.length > 0 ? Math.min(...seconds) : 0) * 1000;
    }),
  );
  return Math.min(Number.POSITIVE_INFINITY, ...times);
}

/** NoExecute taints of one device of a pool; slices of an older generation are no longer the truth. */
function taintsOf(slices: readonly Readonly<ResourceSlice>[], device: string): DeviceTaint[] {
  const newest = Math.max(...slices.map(({ spec }) => spec.pool.generation));
  const found = slices
    .filter(({ spec }) => spec.pool.generation === newest)
    .flatMap(({ spec }) => spec.devices ?? [])
    .find(({ name }) => name === device);
  return found?.taints?.filter(({ effect }) => effect === "NoExecute") ?? [];
}

function claimsOf(pod: Readonly<Pod>, claims: Lister<ResourceClaim>): Claim[] {
  return (pod.spec.resourceClaims ?? []).flatMap((entry) => {
    const claim = claims.get(`${pod.metadata.namespace}/${claimNameOf(pod, entry)}`);
    if (!claim?.status?.reservedFor?.some(({ uid }) => uid === pod.metadata.uid)) return [];
    return entry.resourceClaimTemplateName && !isOwnedBy(claim, pod) ? [] : [claim];
  });
}

/**
 * Deletes Pods that use devices with NoExecute taints which their claims do not, or no longer, tolerate. Follows
 * pkg/controller/devicetainteviction, without DeviceTaintRules, which are off by default.
 *
 * @param pending uids of Pods that were told to go, or will be, by key
 */
export function reconcile(key: Key, listers: Listers, now: Date, pending: Map<Key, string>): Action[] {
  const pod = listers.pods.get(key);
  const uid = pod?.metadata.uid ?? "";
  if (pending.get(key) !== uid) pending.delete(key);
  if (!pod || pod.metadata.deletionTimestamp) return [];
  const at = pod.spec.nodeName
    ? Math.min(
        Number.POSITIVE_INFINITY,
        ...claimsOf(pod, listers.claims).map((claim) => evictionTime(claim, listers.slices)),
      )
    : Number.POSITIVE_INFINITY;
  if (at === Number.POSITIVE_INFINITY) return pending.delete(key) ? [say(pod, "Cancelling deletion")] : [];
  pending.set(key, uid);
  if (at > now.getTime()) return [{ do: "requeue", afterMs: at - now.getTime() }];
  pending.delete(key);
  return [
    say(pod, "Marking for deletion"),
    ...(saysDisrupted(pod, WHY) ? [] : [markDisrupted(pod, WHY, now, false)]),
    { do: "delete", resource: "v1/pods", object: pod },
  ];
}

function say(pod: Readonly<Pod>, message: string): Action {
  return { do: "event", about: pod, type: "Normal", reason: "DeviceTaintManagerEviction", message };
}

const usersOf = ({ metadata, status }: Claim): Key[] =>
  (status?.reservedFor ?? [])
    .filter(({ resource, apiGroup }) => resource === "pods" && !apiGroup)
    .map(({ name }) => `${metadata.namespace}/${name}`);

/** Made anew for each start: what is pending is found out again. */
export function deviceTaintEvictionController() {
  const pending = new Map<Key, string>();
  return defineController<Listers>({
    name: "device-taint-eviction-controller",
    watches: {
      maps: [
        mapping("v1/pods", ({ metadata, spec }) =>
          spec.resourceClaims?.length ? [`${metadata.namespace}/${metadata.name}`] : [],
        ),
        mapping(CLAIMS, (claim, _, old) => [...usersOf(claim), ...(old ? usersOf(old) : [])]),
        mapping(SLICES, ({ spec }, { claims }: Listers) =>
          claims.by("pool", poolOf(spec.driver, spec.pool.name)).flatMap(usersOf),
        ),
      ],
    },
    listers: (get) => ({
      pods: get("v1/pods"),
      claims: get(CLAIMS, {
        pool: ({ status }) =>
          (status?.allocation?.devices?.results ?? []).map(({ driver, pool }) => poolOf(driver, pool)),
      }),
      slices: get(SLICES, { pool: ({ spec }) => [poolOf(spec.driver, spec.pool.name)] }),
    }),
    reconcile: (key, listers, { now }) => reconcile(key, listers, now, pending),
  });
}
