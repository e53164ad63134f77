import { StatusError } from "../../meta/errors.ts";
import { forbidden } from "../forbidden.ts";
import type { AdmissionPlugin } from "../plugin.ts";

const NAMESPACES = { group: "", resource: "namespaces" };

/** Makes the namespace of what is created. Off by default. (plugin/pkg/admission/namespace/autoprovision) */
export const namespaceAutoProvision: AdmissionPlugin = {
  name: "NamespaceAutoProvision",
  operations: ["CREATE"],
  async admit(attributes, { reader, writer }) {
    const { namespace, kind, dryRun } = attributes;
    if (dryRun || !namespace || (kind.kind === "Namespace" && kind.group === "")) return;
    if (reader.get(NAMESPACES, "", namespace)) return;
    try {
      await writer.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      if (error.reason === "AlreadyExists") return;
      throw error.reason === "Forbidden" ? error : forbidden(attributes, error.message);
    }
  },
};
