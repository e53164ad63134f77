import type { Pod, Toleration } from "../../../openapi/api/core.v1.ts";
import { validateQualifiedName } from "../../meta/names.ts";
import type { AdmissionPlugin } from "../plugin.ts";

/** Pods that ask for extended resources bear the taints of such nodes. Off by default. (plugin/pkg/admission/extendedresourcetoleration) */
export const extendedResourceToleration: AdmissionPlugin<Pod> = {
  name: "ExtendedResourceToleration",
  resources: ["pods"],
  operations: ["CREATE", "UPDATE"],
  admit({ object: pod, subresource }) {
    if (subresource || !pod) return;
    const { spec } = pod;
    const requested = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap(({ resources }) =>
      Object.keys(resources.requests ?? {}),
    );
    for (const key of [...new Set(requested)].filter(isExtendedResource).sort()) {
      spec.tolerations = withToleration(spec.tolerations ?? [], key);
    }
  },
};

/** Replaces the one of the same key, effect, operator and value; adds it where there is none. */
function withToleration(tolerations: readonly Toleration[], key: string): Toleration[] {
  const wanted: Toleration = { key, operator: "Exists", effect: "NoSchedule" };
  const isSame = (other: Toleration) =>
    other.key === key && other.effect === "NoSchedule" && other.operator === "Exists" && !other.value;
  if (!tolerations.some(isSame)) return [...tolerations, wanted];
  return tolerations.map((toleration) => (isSame(toleration) ? wanted : toleration));
}

/** Whether nodes offer it and Kubernetes knows nothing of it. (pkg/apis/core/helper IsExtendedResourceName) */
export function isExtendedResource(name: string): boolean {
  if (!name.includes("/") || name.includes("kubernetes.io/") || name.startsWith("requests.")) return false;
  return validateQualifiedName(`requests.${name}`).length === 0;
}
