import type {
  ClusterRole,
  ClusterRoleBinding,
  Role,
  RoleBinding,
} from "../../../openapi/api/rbac.authorization.k8s.io.v1.ts";
import type { ObjectReader, ObjectWriter } from "../../admission/plugin.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { StatusError } from "../../meta/errors.ts";
import type { KubeObject } from "../../meta/object.ts";
import { missingRules } from "../rbac/policy-rule.ts";
import { bootstrapPolicy } from "./policy.ts";

const GROUP = "rbac.authorization.k8s.io";
const AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate";

/**
 * Creates the bootstrap roles and bindings that are missing, and gives back to the others what was taken from them;
 * what an administrator added stays. Run at every start. (pkg/registry/rbac/rest EnsureRBACPolicy)
 */
export async function ensureBootstrapPolicy(reader: ObjectReader, writer: ObjectWriter): Promise<void> {
  const { clusterroles, clusterrolebindings, roles, rolebindings } = bootstrapPolicy();
  // Together, so that they are committed together.
  await Promise.all([
    ...clusterroles.map((role) => ensure(reader, writer, "clusterroles", role, withMissingRules)),
    ...roles.map((role) => ensure(reader, writer, "roles", role, withMissingRules)),
    ...clusterrolebindings.map((binding) =>
      ensure(reader, writer, "clusterrolebindings", binding, withMissingSubjects),
    ),
    ...rolebindings.map((binding) => ensure(reader, writer, "rolebindings", binding, withMissingSubjects)),
  ]);
}

async function ensure<T extends KubeObject>(
  reader: ObjectReader,
  writer: ObjectWriter,
  resource: string,
  wanted: T,
  reconcile: (current: T, wanted: T) => T,
): Promise<void> {
  const of = { group: GROUP, resource };
  const { namespace = "", name = "" } = wanted.metadata;
  if (!reader.get<T>(of, namespace, name)) {
    try {
      await writer.create(of, structuredClone(wanted));
      return;
    } catch (error) {
      // Another server was quicker.
      if (!(error instanceof StatusError && error.reason === "AlreadyExists")) throw error;
    }
  }
  await writer.update<T>(of, namespace, name, (current) => {
    if (current.metadata.annotations?.[AUTOUPDATE] === "false") return undefined;
    const next = withMissingMetadata(reconcile(current, wanted), wanted);
    return semanticEqual(next, current) ? undefined : next;
  });
}

function withMissingMetadata<T extends KubeObject>(current: T, { metadata }: T): T {
  const labels = { ...metadata.labels, ...current.metadata.labels };
  const annotations = { ...metadata.annotations, ...current.metadata.annotations };
  return { ...current, metadata: { ...current.metadata, labels, annotations } };
}

/** (component-helpers/auth/rbac/reconciliation, as far as nothing is taken away) */
export function withMissingRules<T extends Role | ClusterRole>(current: T, wanted: T): T {
  const missing = missingRules(current.rules ?? [], wanted.rules ?? []);
  const rules = [...(current.rules ?? []), ...missing];
  const next = rules.length ? { ...current, rules } : current;
  const selectors = (role: Role | ClusterRole) =>
    ("aggregationRule" in role ? role.aggregationRule?.clusterRoleSelectors : undefined) ?? [];
  const own = selectors(current);
  const lacking = selectors(wanted).filter((selector) => !own.some((other) => semanticEqual(other, selector)));
  if (!lacking.length) return next;
  return { ...next, aggregationRule: { clusterRoleSelectors: [...own, ...lacking] } };
}

/** A binding that an administrator pointed at another role is left as it is: its subjects mean that one. */
export function withMissingSubjects<T extends RoleBinding | ClusterRoleBinding>(current: T, wanted: T): T {
  if (!semanticEqual(current.roleRef, wanted.roleRef)) return current;
  const own = current.subjects ?? [];
  const lacking = (wanted.subjects ?? []).filter((subject) => !own.some((other) => semanticEqual(other, subject)));
  return lacking.length ? { ...current, subjects: [...own, ...lacking] } : current;
}
