import type { Pod } from "../../../openapi/api/core.v1.ts";
import type { AdmissionPlugin } from "../plugin.ts";

/** How long Pods stay on a node in trouble, in seconds. (--default-not-ready-toleration-seconds and -unreachable-) */
export interface TolerationSeconds {
  readonly notReady: number;
  readonly unreachable: number;
}

/** Pods bear a node that is not ready or not reachable for a while. (plugin/pkg/admission/defaulttolerationseconds) */
export function defaultTolerationSeconds(seconds: TolerationSeconds): AdmissionPlugin<Pod> {
  const wanted = [
    { key: "node.kubernetes.io/not-ready", tolerationSeconds: seconds.notReady },
    { key: "node.kubernetes.io/unreachable", tolerationSeconds: seconds.unreachable },
  ];
  return {
    name: "DefaultTolerationSeconds",
    resources: ["pods"],
    operations: ["CREATE", "UPDATE"],
    admit({ object: pod, subresource }) {
      if (subresource || !pod) return;
      const { tolerations = [] } = pod.spec;
      const missing = wanted.filter(
        ({ key }) =>
          !tolerations.some(
            (toleration) =>
              (!toleration.key || toleration.key === key) && (!toleration.effect || toleration.effect === "NoExecute"),
          ),
      );
      if (missing.length === 0) return;
      pod.spec.tolerations = [
        ...tolerations,
        ...missing.map(({ key, tolerationSeconds }) => ({
          key,
          operator: "Exists",
          effect: "NoExecute",
          tolerationSeconds,
        })),
      ];
    },
  };
}
