import { notFound } from "../../meta/errors.ts";
import type { AdmissionPlugin } from "../plugin.ts";

const NAMESPACES = { group: "", resource: "namespaces" };

/** Requests in a namespace need the namespace. Off by default. (plugin/pkg/admission/namespace/exists) */
export const namespaceExists: AdmissionPlugin = {
  name: "NamespaceExists",
  operations: ["CREATE", "UPDATE", "DELETE"],
  validate({ namespace, kind }, { reader }) {
    if (!namespace || (kind.kind === "Namespace" && kind.group === "")) return;
    if (!reader.get(NAMESPACES, "", namespace)) throw notFound(NAMESPACES, namespace);
  },
};
