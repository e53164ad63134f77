import type { PolicyRule, RoleRef } from "../../../openapi/api/rbac.authorization.k8s.io.v1.ts";
import { forbidden, notFound, StatusError } from "../../meta/errors.ts";
import { goQuote } from "../../meta/go-quote.ts";
import type { UserInfo } from "../authenticator.ts";
import type { Authorizer } from "../authorizer.ts";
import { compactRules, describeRule, missingRules, quoteList } from "./policy-rule.ts";
import { collectRules } from "./rbac.ts";
import type { RoleIndex } from "./role-index.ts";

const GROUP = "rbac.authorization.k8s.io";
const FULL_AUTHORITY: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

/** A write of a role or binding, as the check of escalation sees it. */
export interface RoleWrite {
  readonly user: UserInfo;
  /** roles, clusterroles, rolebindings or clusterrolebindings. */
  readonly resource: string;
  /** Of the request; "" for cluster-scoped ones. */
  readonly namespace: string;
  readonly objectName: string;
  /** Of the request's URL: "" on create. */
  readonly requestName: string;
}

/**
 * Nobody grants more than they have: whoever writes a role must hold all its rules or may `escalate` it, whoever
 * writes a binding must hold all rules of its role or may `bind` it. system:masters may do anything.
 * (pkg/registry/rbac/{role,clusterrole,rolebinding,clusterrolebinding}/policybased)
 */
export interface EscalationCheck {
  /** @param aggregates the role has, or had, an aggregation rule. @throws StatusError 403 */
  checkRole(write: RoleWrite, rules: readonly PolicyRule[], aggregates: boolean): Promise<void>;
  /** @throws StatusError 403, or 404 when the role to bind is missing */
  checkBinding(write: RoleWrite, roleRef: RoleRef): Promise<void>;
}

export function escalationCheck(index: RoleIndex, authorizer: Authorizer): EscalationCheck {
  const may = async (write: RoleWrite, verb: string, target: { group: string; resource: string; name: string }) => {
    const { decision } = await authorizer.authorize({
      user: write.user,
      verb,
      resourceRequest: true,
      version: "*",
      subresource: "",
      namespace: write.namespace,
      path: "",
      ...target,
    });
    return decision === "allow";
  };
  return {
    async checkRole(write, rules, aggregates) {
      if (isSuperuser(write.user)) return;
      const target = { group: GROUP, resource: write.resource, name: write.requestName };
      if (await may(write, "escalate", target)) return;
      confirm(index, write, rules);
      if (aggregates && lacking(index, write, FULL_AUTHORITY)) {
        throw refused(write, "must have cluster-admin privileges to use the aggregationRule");
      }
    },
    async checkBinding(write, roleRef) {
      if (isSuperuser(write.user)) return;
      const resource = roleRef.kind === "ClusterRole" ? "clusterroles" : roleRef.kind === "Role" ? "roles" : "";
      const target = { group: roleRef.apiGroup, resource, name: roleRef.name };
      if (resource && (await may(write, "bind", target))) return;
      if (!resource) throw new StatusError(500, "", `unsupported role reference kind: ${goQuote(roleRef.kind)}`);
      const rules = index.rulesOfRole(roleRef, write.namespace);
      // Upstream looks the role up through a store that names the resource of the request, not that of the role.
      if (!rules) throw notFound({ group: GROUP, resource: write.resource }, roleRef.name);
      confirm(index, write, rules);
    },
  };
}

export const isSuperuser = (user: UserInfo): boolean => user.groups.includes("system:masters");

function confirm(index: RoleIndex, write: RoleWrite, rules: readonly PolicyRule[]): void {
  const message = lacking(index, write, rules);
  if (message) throw refused(write, message);
}

const refused = (write: RoleWrite, message: string): Error =>
  forbidden({ group: GROUP, resource: write.resource }, write.objectName, message);

function lacking(index: RoleIndex, { user, namespace, resource }: RoleWrite, rules: readonly PolicyRule[]): string {
  const held = collectRules(index, user, namespace, () => resource);
  const missing = missingRules(held.rules, rules);
  if (!missing.length) return "";
  const descriptions = [...new Set(compactRules(missing).map(describeRule))].sort(byBytes);
  const resolution = held.error ? `; resolution errors: [${held.error}]` : "";
  return (
    `user ${goQuote(user.name)} (groups=${quoteList(user.groups)}) is attempting to grant RBAC permissions not currently held:\n` +
    `${descriptions.join("\n")}${resolution}`
  );
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
