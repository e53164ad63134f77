import type { UserInfo } from "../../auth/authenticator.ts";
import type { Attributes, Decision } from "../../auth/authorizer.ts";
import { validateDNS1123Label, validateDNS1123Subdomain } from "../../meta/names.ts";
import { member, type Overload } from "../overload.ts";
import { type CelType, opaqueOf } from "../types.ts";
import { fail, Opaque } from "../values.ts";

const PREFIX = "kubernetes.authorization.";
const AUTHORIZER = `${PREFIX}Authorizer`;
const PATH = `${PREFIX}PathCheck`;
const GROUP = `${PREFIX}GroupCheck`;
const RESOURCE = `${PREFIX}ResourceCheck`;
const DECISION = `${PREFIX}Decision`;

export const AUTHORIZER_TYPE: CelType = opaqueOf(AUTHORIZER);
export const RESOURCE_CHECK_TYPE: CelType = opaqueOf(RESOURCE);

/** Answers what expressions ask. May throw anything but a CelError to leave the evaluation. */
export type Ask = (attributes: Attributes) => Decision;

interface Asker {
  readonly user: UserInfo;
  readonly ask: Ask;
}
interface PathCheck extends Asker {
  readonly path: string;
}
interface GroupCheck extends Asker {
  readonly group: string;
}
interface ResourceCheck extends GroupCheck {
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

const value = (type: string, content: unknown) => new Opaque(type, content, () => false);
// Only this library makes values of its types, each with what its type promises.
const of = <T>({ value: content }: Opaque) => content as T;

/** The `authorizer` of an expression. */
export const authorizerValue = (user: UserInfo, ask: Ask): Opaque => value(AUTHORIZER, { user, ask } satisfies Asker);

/** The `authorizer.requestResource` of an expression. */
export function requestResourceValue(
  user: UserInfo,
  ask: Ask,
  request: Pick<ResourceCheck, "group" | "resource" | "subresource" | "namespace" | "name">,
): Opaque {
  const { group, resource, subresource, namespace, name } = request;
  return value(RESOURCE, { user, ask, group, resource, subresource, namespace, name } satisfies ResourceCheck);
}

/** An authorizer that asks for a service account. */
function serviceAccount({ ask }: Asker, namespace: string, name: string): Opaque {
  if (validateDNS1123Subdomain(name).length > 0) return fail("Invalid service account name");
  if (validateDNS1123Label(namespace).length > 0) return fail("Invalid service account namespace");
  const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
  return authorizerValue({ name: `system:serviceaccount:${namespace}:${name}`, groups }, ask);
}

function checkPath({ user, ask, path }: PathCheck, verb: string): Opaque {
  const none = { group: "", version: "", resource: "", subresource: "", namespace: "", name: "" };
  return value(DECISION, ask({ ...none, user, verb, resourceRequest: false, path }));
}

function checkResource(check: ResourceCheck, verb: string): Opaque {
  const { ask, fieldSelector, labelSelector, ...attributes } = check;
  return value(
    DECISION,
    ask({
      ...attributes,
      verb,
      version: "*",
      resourceRequest: true,
      path: "",
      ...(fieldSelector && { fieldSelector }),
      ...(labelSelector && { labelSelector }),
    }),
  );
}

const notEmpty = (what: string, text: string) => (text.trim() ? text : fail(`${what} must not be empty`));
const part = (name: keyof ResourceCheck, id: string) =>
  member(name, id, `${RESOURCE}, string -> ${RESOURCE}`, (check: Opaque, text: string) =>
    value(RESOURCE, { ...of<ResourceCheck>(check), [name]: text }),
  );

/** What users and service accounts may do. (apiserver/pkg/cel/library/authz.go) */
export const authorizerLibrary: readonly Overload[] = [
  member("path", "authorizer_path", `${AUTHORIZER}, string -> ${PATH}`, (asker: Opaque, path: string) =>
    value(PATH, { ...of<Asker>(asker), path: notEmpty("path", path) }),
  ),
  member("group", "authorizer_group", `${AUTHORIZER}, string -> ${GROUP}`, (asker: Opaque, group: string) =>
    value(GROUP, { ...of<Asker>(asker), group }),
  ),
  member(
    "serviceAccount",
    "authorizer_serviceaccount",
    `${AUTHORIZER}, string, string -> ${AUTHORIZER}`,
    (asker: Opaque, namespace: string, name: string) => serviceAccount(of(asker), namespace, name),
  ),
  member("resource", "groupcheck_resource", `${GROUP}, string -> ${RESOURCE}`, (group: Opaque, resource: string) => {
    const unset = { subresource: "", namespace: "", name: "" };
    return value(RESOURCE, { ...of<GroupCheck>(group), ...unset, resource: notEmpty("resource", resource) });
  }),
  part("subresource", "resourcecheck_subresource"),
  part("namespace", "resourcecheck_namespace"),
  part("name", "resourcecheck_name"),
  part("fieldSelector", "authorizer_fieldselector"),
  part("labelSelector", "authorizer_labelselector"),
  member("check", "pathcheck_check", `${PATH}, string -> ${DECISION}`, (path: Opaque, verb: string) =>
    checkPath(of(path), verb),
  ),
  member("check", "resourcecheck_check", `${RESOURCE}, string -> ${DECISION}`, (resource: Opaque, verb: string) =>
    checkResource(of(resource), verb),
  ),
  member("errored", "decision_errored", `${DECISION} -> bool`, (it: Opaque) => of<Decision>(it).error !== undefined),
  member("error", "decision_error", `${DECISION} -> string`, (it: Opaque) => of<Decision>(it).error ?? ""),
  member("allowed", "decision_allowed", `${DECISION} -> bool`, (it: Opaque) => of<Decision>(it).decision === "allow"),
  member("reason", "decision_reason", `${DECISION} -> string`, (it: Opaque) => of<Decision>(it).reason),
];
