import type {
  FlowSchemaSpec,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from "../../../openapi/api/flowcontrol.apiserver.k8s.io.v1.ts";
import type { UserInfo } from "../../auth/authenticator.ts";
import type { RequestInfo } from "../request-info.ts";

export type Rules = Readonly<PolicyRulesWithSubjects>;

/** The rules of a schema that speak of this user. What they say of requests is asked for each request. */
export function rulesFor({ rules = [] }: Readonly<FlowSchemaSpec>, user: UserInfo): Rules[] {
  return rules.filter(({ subjects }) => (subjects ?? []).some((subject) => isAbout(subject, user)));
}

/** Whether one of a user's rules takes the request. (apiserver/pkg/util/flowcontrol/rule.go) */
export function matches(rules: readonly Rules[], info: RequestInfo): boolean {
  return rules.some(({ resourceRules = [], nonResourceRules = [] }) =>
    info.isResourceRequest
      ? resourceRules.some((rule) => matchesResource(rule, info))
      : nonResourceRules.some((rule) => matchesPath(rule, info)),
  );
}

function isAbout({ kind, user, group, serviceAccount }: Readonly<Subject>, { name, groups }: UserInfo): boolean {
  switch (kind) {
    case "User":
      return user !== undefined && (user.name === "*" || user.name === name);
    case "Group":
      return group !== undefined && (group.name === "*" || groups.includes(group.name));
    case "ServiceAccount": {
      if (!serviceAccount) return false;
      const prefix = `system:serviceaccount:${serviceAccount.namespace}:`;
      return serviceAccount.name === "*" ? name.startsWith(prefix) : name === prefix + serviceAccount.name;
    }
    default:
      return false;
  }
}

/** `*` stands for all only when it stands alone. */
function holds(list: readonly string[] | undefined, wanted: string): boolean {
  return list !== undefined && ((list.length === 1 && list[0] === "*") || list.includes(wanted));
}

function matchesResource(rule: Readonly<ResourcePolicyRule>, info: RequestInfo): boolean {
  const { verb, resource, subresource, apiGroup, namespace } = info;
  return (
    holds(rule.verbs, verb) &&
    holds(rule.resources, subresource ? `${resource}/${subresource}` : resource) &&
    holds(rule.apiGroups, apiGroup) &&
    (namespace ? holds(rule.namespaces, namespace) : rule.clusterScope === true)
  );
}

function matchesPath({ verbs, nonResourceURLs = [] }: Readonly<NonResourcePolicyRule>, info: RequestInfo): boolean {
  const { verb, path } = info;
  return (
    holds(verbs, verb) && nonResourceURLs.some((url) => url === "*" || url === path || path.startsWith(folder(url)))
  );
}

function folder(url: string): string {
  const prefix = url.endsWith("*") ? url.slice(0, -1) : url;
  return prefix.endsWith("/") ? prefix : `${prefix}/`;
}
