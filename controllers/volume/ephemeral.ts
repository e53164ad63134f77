import { type Action, defineController, type Key, keyOf, type Lister, mapping } from "../../client/index.ts";
import type { PersistentVolumeClaim, Pod } from "../../openapi/api/core.v1.ts";
import { controllerRef, isOwnedBy } from "../owner.ts";
import { CLAIMS, claimKeysOf, ephemeralClaimName, PODS_BY_CLAIM } from "./claims.ts";

interface Listers {
  pods: Lister<Pod>;
  claims: Lister<PersistentVolumeClaim>;
}

/** Makes the claims that Pods bring along as ephemeral volumes. Follows pkg/controller/volume/ephemeral. */
export function reconcile(key: Key, { pods, claims }: Listers): Action[] {
  const pod = pods.get(key);
  if (!pod || pod.metadata.deletionTimestamp) return [];
  const actions: Action[] = [];
  for (const { name: volume, ephemeral } of pod.spec.volumes ?? []) {
    if (!ephemeral?.volumeClaimTemplate) continue;
    const failed = (problem: string): Action[] => [
      {
        do: "event",
        about: pod,
        type: "Warning",
        reason: "FailedBinding",
        message: `ephemeral volume ${volume}: ${problem}`,
      },
      { do: "fail", error: new Error(`pod ${key}, ephemeral volume ${volume}: ${problem}`) },
    ];
    const name = ephemeralClaimName(pod, volume);
    const { namespace } = pod.metadata;
    const claim = claims.get(`${namespace}/${name}`);
    if (claim) {
      if (isOwnedBy(claim, pod)) continue;
      return [...actions, ...failed(`PVC ${namespace}/${name} was not created for pod ${key} (pod is not owner)`)];
    }
    const { annotations, labels } = ephemeral.volumeClaimTemplate.metadata ?? {};
    const object: PersistentVolumeClaim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: {
        name,
        namespace,
        ownerReferences: [controllerRef(pod)],
        ...(annotations && { annotations }),
        ...(labels && { labels }),
      },
      spec: ephemeral.volumeClaimTemplate.spec,
      status: {},
    };
    actions.push({
      do: "batch",
      actions: [{ do: "create", resource: CLAIMS, object }],
      after: ([result]) =>
        !result || result.ok
          ? []
          : failed(`create PVC ${name}: ${result.error instanceof Error ? result.error.message : result.error}`),
    });
  }
  return actions;
}

const hasEphemeral = ({ spec }: Readonly<Pod>): boolean => !!spec.volumes?.some(({ ephemeral }) => ephemeral);

export const ephemeralVolumeController = defineController<Listers>({
  name: "ephemeral-volume-controller",
  eventSource: "ephemeral_volume",
  watches: {
    maps: [
      mapping("v1/pods", (pod, _listers, old) => (!old && hasEphemeral(pod) ? [keyOf(pod)] : [])),
      mapping(CLAIMS, (claim, { claims, pods }: Listers) =>
        claims.get(keyOf(claim)) ? [] : pods.by(PODS_BY_CLAIM, keyOf(claim)).filter(hasEphemeral).map(keyOf),
      ),
    ],
  },
  listers: (get) => ({ pods: get("v1/pods", { [PODS_BY_CLAIM]: claimKeysOf }), claims: get(CLAIMS) }),
  reconcile,
});
