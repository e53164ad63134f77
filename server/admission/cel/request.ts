import type { KubeObject } from "../../meta/object.ts";
import type { AdmissionAttributes } from "../plugin.ts";
import { requestFields, requestOptions } from "../webhook/review.ts";
import { type Invocation, requestedBy, type ServedVersions } from "../webhook/versions.ts";

/** The `request` of expressions. (apiserver/pkg/admission/plugin/cel/condition.go CreateAdmissionRequest) */
export function requestBinding(
  attributes: AdmissionAttributes,
  invocation: Invocation,
  served: ServedVersions,
): Record<string, unknown> {
  const fields = requestFields("", attributes, invocation, requestedBy(attributes, served));
  return { ...fields, dryRun: attributes.dryRun, options: requestOptions(attributes) };
}

/** What expressions may know of a namespace. (CreateNamespaceObject) */
export function namespaceBinding({ metadata, ...namespace }: Readonly<KubeObject>): Record<string, unknown> {
  const { managedFields: _, ownerReferences: __, selfLink: ___, ...known } = metadata as Record<string, unknown>;
  const { spec = {}, status = {} } = namespace as { spec?: unknown; status?: unknown };
  return { metadata: known, spec, status };
}
