import { type Action, isAlreadyExists, keyOf, type Lister } from "../../client/index.ts";
import type { StatefulSet } from "../../openapi/api/apps.v1.ts";
import type { PersistentVolumeClaim, Pod } from "../../openapi/api/core.v1.ts";
import { messageOf, tell } from "../pod-control.ts";
import { claimsOf } from "./pods.ts";

const RESOURCE = "v1/persistentvolumeclaims";

type View = Readonly<StatefulSet>;
type Claims = Lister<PersistentVolumeClaim>;

/**
 * Makes the claims that a Pod needs and that are not there. Where one cannot be had nothing that follows is done, for
 * then the Pod has to wait. (createPersistentVolumeClaims)
 * @param told what else is told of, by the reason
 */
export function makeClaims(
  set: View,
  podName: string,
  ordinal: number,
  claims: Claims,
  told: (problem: string) => Action[],
): Action[] {
  const wanted = claimsOf(set, ordinal);
  const missing = wanted.filter((one) => !claims.get(keyOf(one)));
  const problems = new Map<string, string>();
  for (const { metadata } of wanted.map((one) => claims.get(keyOf(one)) ?? one))
    if (metadata.deletionTimestamp) problems.set(metadata.name ?? "", `pvc ${metadata.name} is being deleted`);
  const finish = (): Action[] => {
    const texts = wanted.flatMap(({ metadata }) => problems.get(metadata.name ?? "") ?? []);
    if (!texts.length) return [];
    const problem = texts.length > 1 ? `[${texts.join(", ")}]` : texts.join();
    return [...told(problem), { do: "fail", error: new Error(problem) }];
  };
  if (!missing.length) return finish();
  return [
    {
      do: "batch",
      actions: missing.map((object) => ({ do: "create", resource: RESOURCE, object })),
      after(results) {
        const events = results.flatMap((result, i): Action[] => {
          const name = missing[i]?.metadata.name ?? "";
          if (result.ok) {
            const message = `Create Claim ${name} Pod ${podName} in StatefulSet ${set.metadata.name} success`;
            return [tell(set, "Normal", "SuccessfulCreate", message)];
          }
          problems.set(name, `failed to create PVC ${name}: ${messageOf(result.error)}`);
          if (isAlreadyExists(result.error)) return [];
          const message = `Create Claim ${name} for Pod ${podName} in StatefulSet ${set.metadata.name} failed error: ${messageOf(result.error)}`;
          return [tell(set, "Warning", "FailedCreate", message)];
        });
        return [...events, ...finish()];
      },
    },
  ];
}

/**
 * Whether a claim still belongs to an earlier Pod of that name that was scaled away: the garbage collector will take
 * it, so that no Pod may begin with it. (PodClaimIsStale)
 */
export function hasStaleClaim(set: View, pod: Readonly<Pod>, ordinal: number, claims: Claims): boolean {
  if (set.spec.persistentVolumeClaimRetentionPolicy?.whenScaled !== "Delete") return false;
  return claimsOf(set, ordinal).some((one) =>
    claims
      .get(keyOf(one))
      ?.metadata.ownerReferences?.some(
        ({ apiVersion, kind, name, uid }) =>
          apiVersion === "v1" && kind === "Pod" && name === pod.metadata.name && uid !== pod.metadata.uid,
      ),
  );
}
