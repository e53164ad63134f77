import type { Service } from "../../../openapi/api/core.v1.ts";
import { forbidden } from "../forbidden.ts";
import type { AdmissionPlugin } from "../plugin.ts";

/** No new `externalIPs`. Off by default. (plugin/pkg/admission/network/denyserviceexternalips) */
export const denyServiceExternalIPs: AdmissionPlugin<Service> = {
  name: "DenyServiceExternalIPs",
  resources: ["services"],
  operations: ["CREATE", "UPDATE"],
  validate(attributes) {
    const { object: service, oldObject: old, subresource } = attributes;
    if (subresource || !service) return;
    const known = old?.spec.externalIPs ?? [];
    if ((service.spec.externalIPs ?? []).every((ip) => known.includes(ip))) return;
    throw forbidden(attributes, "Use of external IPs is denied by admission control");
  },
};
