import type { SelfSubjectRulesReview } from "../../../openapi/api/authorization.k8s.io.v1.ts";
import { badRequest } from "../../meta/errors.ts";
import { defineKind } from "../kind.ts";

/** SelfSubjectRulesReview, authorization.k8s.io/v1: `kubectl auth can-i --list`. (pkg/registry/authorization/selfsubjectrulesreview) */
export const selfSubjectRulesReview = defineKind<SelfSubjectRulesReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectRulesReview",
  async createOnly({ kind, apiVersion, spec }, { user, services }) {
    if (!spec.namespace) throw badRequest("no namespace on request");
    const { resourceRules, nonResourceRules, incomplete, error } = services.ruleResolver.rulesFor(user, spec.namespace);
    const only = <R extends object>(rule: R, fields: readonly (keyof R)[]): R =>
      // A part of R, all of whose fields are optional.
      Object.fromEntries(fields.filter((field) => rule[field]).map((field) => [field, rule[field]])) as R;
    // A new object: neither metadata nor spec of the request come back.
    return {
      kind,
      apiVersion,
      metadata: {},
      spec: {},
      status: {
        resourceRules: resourceRules.map((rule) => ({
          ...only({ ...rule } as object as Rule, ["verbs", "apiGroups", "resources", "resourceNames"]),
        })),
        nonResourceRules: nonResourceRules.map((rule) => ({
          ...only({ ...rule } as object as Rule, ["verbs", "nonResourceURLs"]),
        })),
        incomplete,
        ...(error && { evaluationError: error }),
      },
    };
  },
});

/** Rules come read-only from the index; the answer's type is writable, and nobody writes to it. */
interface Rule {
  verbs?: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}
