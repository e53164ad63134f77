import type { ParamKind, ParamRef } from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { AdmissionContext } from "../plugin.ts";
import { selectorOf } from "../webhook/hooks.ts";
import { type ServedVersions, VersionedObject } from "../webhook/versions.ts";

/** The resource that a policy takes parameters from. */
export interface ParamSource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly resource: string;
  readonly namespaced: boolean;
}

type Environment = Pick<AdmissionContext, "reader" | "resourcesOf"> & { readonly served: ServedVersions };

/** @throws Error while no such kind is served (plugin/policy/generic/policy_source.go ensureParamsForPolicyLocked) */
export function paramSource(
  { apiVersion = "", kind = "" }: Readonly<ParamKind>,
  { resourcesOf }: Environment,
): ParamSource {
  const [version = "", group = ""] = apiVersion.split("/").reverse();
  const [found] = resourcesOf(group, version, kind);
  if (found) return { group, version, kind, ...found };
  throw new Error(`failed to find resource referenced by paramKind: '${group}/${version}, Kind=${kind}'`);
}

/**
 * What a policy is to be evaluated with, once for each; undefined is evaluated too, without parameters.
 * @throws Error for a binding that cannot be (plugin/policy/generic/policy_dispatcher.go CollectParams)
 */
export function collectParams(
  source: ParamSource | undefined,
  reference: Readonly<ParamRef> | undefined,
  requestNamespace: string,
  environment: Environment,
): readonly (KubeObject | undefined)[] {
  if (!source || !reference) return [undefined];
  const namespace = namespaceOf(source, reference, requestNamespace);
  const found = find(source, reference, namespace, environment);
  if (found.length === 0 && reference.parameterNotFoundAction === "Deny") {
    throw new Error("no params found for policy binding with `Deny` parameterNotFoundAction");
  }
  const { group, version, kind, resource } = source;
  const versioned = new VersionedObject({ group, version, kind }, environment.served(group, resource));
  return found.map((param) => versioned.fromStorage(param));
}

function namespaceOf({ namespaced }: ParamSource, reference: Readonly<ParamRef>, requestNamespace: string): string {
  if (!namespaced) {
    if (!reference.namespace) return "";
    throw new Error("paramRef.namespace must not be provided for a cluster-scoped `paramKind`");
  }
  const namespace = reference.namespace || requestNamespace;
  if (namespace) return namespace;
  throw new Error("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources");
}

function find(
  { group, resource }: ParamSource,
  { name, selector: fields }: Readonly<ParamRef>,
  namespace: string,
  { reader }: Environment,
): readonly Readonly<KubeObject>[] {
  if (name) {
    if (fields) throw new Error("paramRef.name and paramRef.selector are mutually exclusive");
    const param = reader.get({ group, resource }, namespace, name);
    return param ? [param] : [];
  }
  if (!fields) throw new Error("one of name or selector must be provided");
  const selector = selectorOf(fields);
  if (selector instanceof Error) throw selector;
  return reader.list({ group, resource }, namespace).filter(({ metadata }) => selector.matches(metadata.labels));
}
