import { forbidden } from "../forbidden.ts";
import type { AdmissionPlugin } from "../plugin.ts";

/** Refuses everything. Off by default. (plugin/pkg/admission/deny) */
export const alwaysDeny: AdmissionPlugin = {
  name: "AlwaysDeny",
  operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
  admit(attributes) {
    throw forbidden(attributes, "admission control is denying all modifications");
  },
  validate(attributes) {
    throw forbidden(attributes, "admission control is denying all modifications");
  },
};

/** Refuses nothing. Off by default. (plugin/pkg/admission/admit) */
export const alwaysAdmit: AdmissionPlugin = { name: "AlwaysAdmit", operations: [] };
