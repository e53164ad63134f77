import type { Namespace } from "../../../openapi/api/core.v1.ts";
import { forbidden as forbiddenError, notFound } from "../../meta/errors.ts";
import { forbidden } from "../forbidden.ts";
import type { AdmissionPlugin } from "../plugin.ts";

const NAMESPACES = { group: "", resource: "namespaces" };
const IMMORTAL = ["default", "kube-system", "kube-public"];

/**
 * Nothing is created in a namespace that is absent or going away, and a few namespaces stay.
 * (apiserver/pkg/admission/plugin/namespace/lifecycle)
 */
export const namespaceLifecycle: AdmissionPlugin = {
  name: "NamespaceLifecycle",
  operations: ["CREATE", "UPDATE", "DELETE"],
  admit(attributes, { reader }) {
    const { operation, namespace, name, kind, group, resource } = attributes;
    if (kind.kind === "Namespace" && kind.group === "") {
      if (operation === "DELETE" && IMMORTAL.includes(name)) {
        throw forbiddenError({ group, resource }, name, "this namespace may not be deleted");
      }
      return;
    }
    if (!namespace || operation === "DELETE") return;
    // An answer about the namespace would tell who may not know that it is there.
    if (resource === "localsubjectaccessreviews" && group === "authorization.k8s.io") return;
    const found = reader.get<Namespace>(NAMESPACES, "", namespace);
    if (!found) throw notFound(NAMESPACES, namespace);
    if (operation !== "CREATE" || found.status?.phase !== "Terminating") return;
    const cause = {
      reason: "NamespaceTerminating",
      message: `namespace ${namespace} is being terminated`,
      field: "metadata.namespace",
    };
    const message = `unable to create new content in namespace ${namespace} because it is being terminated`;
    throw forbidden(attributes, message, [cause]);
  },
};
