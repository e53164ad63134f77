import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  RoleRef,
  Subject,
} from "../../../openapi/api/rbac.authorization.k8s.io.v1.ts";
import { goQuote } from "../../meta/go-quote.ts";
import type { UserInfo } from "../authenticator.ts";
import type { ObjectWatch } from "../object-watch.ts";

const GROUP = "rbac.authorization.k8s.io";

type Binding = Readonly<RoleBinding | ClusterRoleBinding>;

/** A rule that a user has, and why. */
export interface GrantedRule {
  readonly rule: Readonly<PolicyRule>;
  readonly binding: Binding;
}

/** What becomes of a visit to a user's rules: `stop` ends it. */
export interface RuleVisitor {
  rule(granted: GrantedRule): "stop" | undefined;
  /** A binding's role is missing. `kind` is Role or ClusterRole. */
  missing(kind: string, name: string): void;
}

/**
 * Roles by name and bindings by subject, kept up to date as they change, so that an authorization looks only at the
 * bindings of its own user and groups. (pkg/registry/rbac/validation/rule.go DefaultRuleResolver, without the index)
 */
export class RoleIndex {
  /** Keys: name, or namespace/name. */
  readonly #roles = new Map<string, Readonly<Role>>();
  readonly #clusterRoles = new Map<string, Readonly<ClusterRole>>();
  readonly #bindings = new Map<string, Binding>();
  /** Namespace ("" = ClusterRoleBindings) → subject → bindings by name. */
  readonly #bySubject = new Map<string, Map<string, Map<string, Binding>>>();

  setRole(role: Readonly<Role>): void {
    this.#roles.set(keyOf(role), role);
  }
  removeRole(role: Readonly<Role>): void {
    this.#roles.delete(keyOf(role));
  }
  setClusterRole(role: Readonly<ClusterRole>): void {
    this.#clusterRoles.set(role.metadata.name!, role);
  }
  removeClusterRole(role: Readonly<ClusterRole>): void {
    this.#clusterRoles.delete(role.metadata.name!);
  }

  /** Of either kind. */
  setBinding(binding: Binding): void {
    this.removeBinding(binding);
    this.#bindings.set(keyOf(binding), binding);
    const namespace = binding.metadata.namespace ?? "";
    const subjects = getOrMake(this.#bySubject, namespace, () => new Map());
    for (const subject of binding.subjects ?? []) {
      const key = subjectKey(subject, namespace);
      if (key !== undefined)
        getOrMake(subjects, key, () => new Map<string, Binding>()).set(binding.metadata.name!, binding);
    }
  }

  removeBinding(binding: Binding): void {
    const old = this.#bindings.get(keyOf(binding));
    if (!old) return;
    this.#bindings.delete(keyOf(binding));
    const namespace = binding.metadata.namespace ?? "";
    const subjects = this.#bySubject.get(namespace);
    for (const subject of old.subjects ?? []) {
      const key = subjectKey(subject, namespace);
      const ofSubject = key === undefined ? undefined : subjects?.get(key);
      ofSubject?.delete(binding.metadata.name!);
      if (ofSubject?.size === 0) subjects?.delete(key!);
    }
    if (subjects?.size === 0) this.#bySubject.delete(namespace);
  }

  /** Rules of a role that a binding in `namespace` ("" = a ClusterRoleBinding) refers to; undefined when it is missing. */
  rulesOfRole(ref: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    const role = ref.kind === "Role" ? this.#roles.get(`${namespace}/${ref.name}`) : this.#clusterRoles.get(ref.name);
    return role && (role.rules ?? []);
  }

  /** All rules of a user in a namespace, those of the whole cluster first. */
  visit(user: UserInfo, namespace: string, visitor: RuleVisitor): void {
    if (this.#visitScope(user, "", visitor) === "stop") return;
    if (namespace) this.#visitScope(user, namespace, visitor);
  }

  #visitScope(user: UserInfo, namespace: string, visitor: RuleVisitor): "stop" | undefined {
    const subjects = this.#bySubject.get(namespace);
    if (!subjects) return undefined;
    // A binding may name a user twice, directly and through a group: rules are additive, so once is enough, but
    // keeping track costs more than looking twice.
    const missing = new Set<string>();
    const each = (bindings: Map<string, Binding> | undefined): "stop" | undefined => {
      for (const binding of bindings?.values() ?? []) {
        const rules = this.rulesOfRole(binding.roleRef, namespace);
        if (!rules) {
          if (!missing.has(binding.metadata.name!)) visitor.missing(binding.roleRef.kind, binding.roleRef.name);
          missing.add(binding.metadata.name!);
          continue;
        }
        for (const rule of rules) if (visitor.rule({ rule, binding }) === "stop") return "stop";
      }
      return undefined;
    };
    if (each(subjects.get(`User ${user.name}`)) === "stop") return "stop";
    for (const group of user.groups) if (each(subjects.get(`Group ${group}`)) === "stop") return "stop";
    return undefined;
  }
}

/** Feeds an index from the server's own watches. @returns stops it. */
export function followRoles(index: RoleIndex, watch: ObjectWatch): () => void {
  const of = (resource: string) => ({ group: GROUP, resource });
  const binding = { set: index.setBinding.bind(index), remove: index.removeBinding.bind(index) };
  const stops = [
    watch.watch<Role>(of("roles"), { set: (role) => index.setRole(role), remove: (role) => index.removeRole(role) }),
    watch.watch<ClusterRole>(of("clusterroles"), {
      set: (role) => index.setClusterRole(role),
      remove: (role) => index.removeClusterRole(role),
    }),
    watch.watch<RoleBinding>(of("rolebindings"), binding),
    watch.watch<ClusterRoleBinding>(of("clusterrolebindings"), binding),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

const keyOf = ({ metadata }: { readonly metadata: { readonly namespace?: string; readonly name?: string } }): string =>
  metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name!;

/** Service accounts are found by their user name; one without any namespace is nobody. */
function subjectKey(subject: Subject, bindingNamespace: string): string | undefined {
  switch (subject.kind) {
    case "User":
    case "Group":
      return `${subject.kind} ${subject.name}`;
    case "ServiceAccount": {
      const namespace = subject.namespace || bindingNamespace;
      return namespace ? `User system:serviceaccount:${namespace}:${subject.name}` : undefined;
    }
    default:
      return undefined;
  }
}

/** `ClusterRoleBinding "b" of ClusterRole "r" to User "u"`, naming the first subject that is this user. */
export function describeGrant({ binding }: GrantedRule, user: UserInfo): string {
  const { namespace, name } = binding.metadata;
  const subject = binding.subjects?.find((candidate) => isUser(candidate, user, namespace ?? ""));
  const kind = namespace ? "RoleBinding" : "ClusterRoleBinding";
  const bindingName = namespace ? `${name}/${namespace}` : name!;
  const { roleRef } = binding;
  return `${kind} ${goQuote(bindingName)} of ${roleRef.kind} ${goQuote(roleRef.name)} to ${describeSubject(subject, namespace ?? "")}`;
}

function isUser(subject: Subject, user: UserInfo, namespace: string): boolean {
  const key = subjectKey(subject, namespace);
  return key === `User ${user.name}` || user.groups.some((group) => key === `Group ${group}`);
}

function describeSubject(subject: Subject | undefined, namespace: string): string {
  if (!subject) return "";
  if (subject.kind !== "ServiceAccount") return `${subject.kind} ${goQuote(subject.name)}`;
  return `ServiceAccount ${goQuote(`${subject.name}/${subject.namespace || namespace}`)}`;
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
