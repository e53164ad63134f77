import type { Ingress, IngressClass } from "../../../openapi/api/networking.k8s.io.v1.ts";
import type { AdmissionPlugin } from "../plugin.ts";
import { newestDefault } from "./default-class.ts";

const CLASSES = { group: "networking.k8s.io", resource: "ingressclasses" };
const DEFAULT = ["ingressclass.kubernetes.io/is-default-class"];

/** An Ingress that names no class gets the default one. (plugin/pkg/admission/network/defaultingressclass) */
export const defaultIngressClass: AdmissionPlugin<Ingress> = {
  name: "DefaultIngressClass",
  resources: ["ingresses.networking.k8s.io"],
  operations: ["CREATE"],
  admit({ object: ingress, subresource }, { reader }) {
    if (subresource || !ingress || ingress.spec?.ingressClassName !== undefined) return;
    if (ingress.metadata.annotations?.["kubernetes.io/ingress.class"] !== undefined) return;
    const found = newestDefault(reader.list<IngressClass>(CLASSES, ""), DEFAULT);
    if (!found) return;
    ingress.spec ??= {};
    ingress.spec.ingressClassName = found.metadata.name;
  },
};
