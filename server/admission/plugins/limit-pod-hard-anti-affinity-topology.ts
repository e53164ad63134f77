import type { Pod } from "../../../openapi/api/core.v1.ts";
import { forbidden as forbiddenError } from "../../meta/errors.ts";
import type { AdmissionPlugin } from "../plugin.ts";

const HOSTNAME = "kubernetes.io/hostname";

/** Pods may keep others off their node, not off a whole zone. Off by default. (plugin/pkg/admission/antiaffinity) */
export const limitPodHardAntiAffinityTopology: AdmissionPlugin<Pod> = {
  name: "LimitPodHardAntiAffinityTopology",
  resources: ["pods"],
  operations: ["CREATE", "UPDATE"],
  validate({ object: pod, subresource, group, resource }) {
    if (subresource || !pod) return;
    const terms = pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const other = terms.find(({ topologyKey }) => topologyKey !== HOSTNAME);
    if (!other) return;
    const what = `affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ${other.topologyKey}`;
    throw forbiddenError({ group, resource }, pod.metadata.name ?? "", `${what} but only key ${HOSTNAME} is allowed`);
  },
};
