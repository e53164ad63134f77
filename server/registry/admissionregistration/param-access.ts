import type { ParamKind, ParamRef } from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import type { UserInfo } from "../../auth/authenticator.ts";
import { invalid } from "../../meta/errors.ts";
import { fieldForbidden } from "../../meta/field-error.ts";
import type { KubeObject } from "../../meta/object.ts";
import { resourceFacts } from "../facts.ts";
import type { RequestContext } from "../kind.ts";

const GROUP = "admissionregistration.k8s.io";
/** May do everything, so nothing is asked. */
const SYSTEM_MASTERS = "system:masters";

interface CustomResource extends KubeObject {
  readonly spec: { readonly group: string; readonly names: { readonly kind: string; readonly plural: string } };
}

/** Whose policy reads parameters must be able to read them. (authz.go of pkg/registry/admissionregistration/…policy) */
export async function authorizeParamKind(
  object: KubeObject,
  { kind, paramKind }: { kind: string; paramKind: ParamKind | undefined },
  context: RequestContext,
): Promise<void> {
  if (!paramKind || isSuperuser(context.user)) return;
  const target = targetOf(paramKind, context);
  if (await isAllowed({ verb: "get", namespace: "*", name: "*", ...target }, context)) return;
  const of = `(kind=${paramKind.kind ?? ""}, apiVersion=${paramKind.apiVersion ?? ""})`;
  const detail = `user ${goUser(context.user)} must have "get" permission on all objects of the referenced paramKind ${of}`;
  throw invalid({ group: GROUP, kind }, object.metadata.name ?? "", [fieldForbidden("spec.paramKind", detail)]);
}

/** Whose binding names parameters must be able to read those. */
export async function authorizeParamRef(
  object: KubeObject,
  reference: { kind: string; policies: string; policyName: string; paramRef: ParamRef | undefined },
  context: RequestContext,
): Promise<void> {
  const { kind, policies, policyName, paramRef } = reference;
  if (!paramRef || isSuperuser(context.user)) return;
  type Policy = KubeObject & { readonly spec: { readonly paramKind?: ParamKind } };
  const policy = context.reader.get<Policy>({ group: GROUP, resource: policies }, "", policyName);
  const target = policy?.spec.paramKind ? targetOf(policy.spec.paramKind, context) : ALL;
  const verb = paramRef.name ? "get" : "list";
  const { name = "", namespace = "" } = paramRef;
  if (await isAllowed({ verb, namespace, name, ...target }, context)) return;
  const user = goUser(context.user);
  const everything = `user ${user} does not have "${verb}" permission for all groups, versions and resources`;
  const detail = policy
    ? `user ${user} does not have "${verb}" permission on the object referenced by paramRef`
    : `unable to get policy ${policyName} to determine minimum required permissions and ${everything}`;
  throw invalid({ group: GROUP, kind }, object.metadata.name ?? "", [fieldForbidden("spec.paramRef", detail)]);
}

interface Target {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

/** Asked for when nothing narrower is known. */
const ALL: Target = { group: "*", version: "*", resource: "*" };

function targetOf({ apiVersion = "", kind = "" }: ParamKind, { reader }: RequestContext): Target {
  const parts = apiVersion.split("/");
  if (parts.length > 2) return ALL;
  const [version = "", group = ""] = parts.reverse();
  const builtIn = Object.entries(resourceFacts.versions[apiVersion] ?? {}).find(([, facts]) => facts.kind === kind);
  const definitions = { group: "apiextensions.k8s.io", resource: "customresourcedefinitions" };
  const custom = builtIn
    ? undefined
    : reader.list<CustomResource>(definitions, "").find(({ spec }) => spec.group === group && spec.names.kind === kind);
  return { group, version, resource: builtIn?.[0] ?? custom?.spec.names.plural ?? "*" };
}

async function isAllowed(
  { verb, namespace, name, group, version, resource }: Target & { verb: string; namespace: string; name: string },
  { user, services }: RequestContext,
): Promise<boolean> {
  const { decision } = await services.authorizer.authorize({
    user,
    verb,
    namespace,
    name,
    group,
    version,
    resource,
    subresource: "",
    resourceRequest: true,
    path: "",
  });
  return decision === "allow";
}

function isSuperuser({ groups }: UserInfo): boolean {
  return groups.includes(SYSTEM_MASTERS);
}

/** As Go prints the user's fields. */
function goUser({ name, uid = "", groups, extra = {} }: UserInfo): string {
  const keys = Object.keys(extra).sort();
  return `&{${name} ${uid} [${groups.join(" ")}] map[${keys.map((key) => `${key}:[${extra[key]?.join(" ")}]`).join(" ")}]}`;
}
