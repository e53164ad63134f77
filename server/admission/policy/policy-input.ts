import { notFound } from "../../meta/errors.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { Authorization } from "../cel/authorization.ts";
import type { Bindings } from "../cel/evaluation.ts";
import { namespaceBinding, requestBinding } from "../cel/request.ts";
import type { AdmissionAttributes, ObjectReader } from "../plugin.ts";
import { type Invocation, requestedBy, type ServedVersions } from "../webhook/versions.ts";

const NAMESPACES = { group: "", resource: "namespaces" };

/** The `namespaceObject` of a request. @throws StatusError 404 */
export function namespaceOf(
  { namespace, group, kind }: AdmissionAttributes,
  reader: ObjectReader,
): Readonly<KubeObject> | undefined {
  // A Namespace is said to be in itself, which is not meant here.
  if (!namespace || (group === "" && kind.group === "" && kind.kind === "Namespace")) return undefined;
  const found = reader.get(NAMESPACES, "", namespace);
  if (!found) throw notFound(NAMESPACES, namespace);
  return found;
}

/** What the expressions of a policy see. */
export interface PolicyInput {
  /** For validations, mutations, messages and annotations. */
  readonly bindings: Bindings;
  /** For match conditions: no namespace, and the resource is the client's. */
  readonly conditions: Bindings;
}

export function policyInput(
  { object, oldObject }: { readonly object: unknown; readonly oldObject: unknown },
  environment: {
    readonly attributes: AdmissionAttributes;
    readonly invocation: Invocation;
    readonly served: ServedVersions;
    readonly params: KubeObject | undefined;
    readonly namespace: Readonly<KubeObject> | undefined;
    readonly authorizer: Authorization;
  },
): PolicyInput {
  const { attributes, invocation, served, params, namespace, authorizer } = environment;
  const common = { object, oldObject, params, authorizer, attributes };
  const requested = { ...requestedBy(attributes, served), kind: invocation.kind };
  return {
    bindings: {
      ...common,
      request: requestBinding(attributes, invocation, served),
      ...(namespace && { namespaceObject: namespaceBinding(namespace) }),
    },
    conditions: { ...common, request: requestBinding(attributes, requested, served) },
  };
}
