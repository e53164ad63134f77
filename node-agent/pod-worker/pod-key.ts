import type { Pod } from "../../openapi/api/core.v1.ts";

/** How texts and logs name a Pod: `name_namespace(uid)`. (pkg/kubelet/util/format/pod.go) */
export const podKey = ({ metadata }: Pod) => `${metadata.name}_${metadata.namespace}(${metadata.uid})`;
