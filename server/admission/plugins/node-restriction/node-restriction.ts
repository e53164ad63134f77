import { goQuote } from "../../../meta/go-quote.ts";
import { forbidden } from "../../forbidden.ts";
import type { AdmissionPlugin } from "../../plugin.ts";
import {
  restrictCertificateRequest,
  restrictCsiNode,
  restrictLease,
  restrictResourceSlice,
} from "./node-belongings.ts";
import { restrictNode } from "./nodes.ts";
import { restrictPersistentVolumeClaim } from "./persistent-volume-claims.ts";
import { restrictPod } from "./pods.ts";
import { restrictToken } from "./tokens.ts";

const PREFIX = "system:node:";
const GROUP = "system:nodes";

const RESTRICT = {
  pods: restrictPod,
  nodes: restrictNode,
  persistentvolumeclaims: restrictPersistentVolumeClaim,
  serviceaccounts: restrictToken,
  "leases.coordination.k8s.io": restrictLease,
  "csinodes.storage.k8s.io": restrictCsiNode,
  "resourceslices.resource.k8s.io": restrictResourceSlice,
  "certificatesigningrequests.certificates.k8s.io": restrictCertificateRequest,
} as const;

/** A node's kubelet changes what is the node's own, and nothing else. Off by default. (plugin/pkg/admission/noderestriction) */
// The `any`: each resource has objects of its own type, and only ever sees those.
// biome-ignore lint/suspicious/noExplicitAny: see above
export const nodeRestriction: AdmissionPlugin<any> = {
  name: "NodeRestriction",
  resources: Object.keys(RESTRICT),
  operations: ["CREATE", "UPDATE", "DELETE"],
  admit(attributes, context) {
    const { user, group, resource } = attributes;
    if (!user.name.startsWith(PREFIX) || !user.groups.includes(GROUP)) return;
    const node = user.name.slice(PREFIX.length);
    if (!node) throw forbidden(attributes, `could not determine node from user ${goQuote(user.name)}`);
    // The cast: the chain lets only these resources through.
    const restrict = RESTRICT[(group ? `${resource}.${group}` : resource) as keyof typeof RESTRICT];
    return restrict(node, attributes, context);
  },
};
