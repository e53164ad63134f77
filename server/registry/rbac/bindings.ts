import type { ClusterRoleBinding, RoleRef, Subject } from "../../../openapi/api/rbac.authorization.k8s.io.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { type FieldError, fieldInvalid, fieldNotSupported, fieldRequired } from "../../meta/field-error.ts";
import { nameIsDNSSubdomain, nameIsPathSegment } from "../../meta/names.ts";
import type { Column } from "../kind.ts";

export const GROUP = "rbac.authorization.k8s.io";

/** RoleBinding has the same fields. */
type Binding = ClusterRoleBinding;

/** (pkg/apis/rbac/v1/defaults.go) */
export function defaultBinding({ roleRef, subjects = [] }: Binding): void {
  roleRef.apiGroup ||= GROUP;
  for (const subject of subjects) {
    if (!subject.apiGroup && (subject.kind === "User" || subject.kind === "Group")) subject.apiGroup = GROUP;
  }
}

/** (pkg/apis/rbac/validation ValidateRoleBinding, ValidateClusterRoleBinding) */
export function validateBinding({ roleRef, subjects = [] }: Binding, namespaced: boolean): FieldError[] {
  const kinds = namespaced ? ["Role", "ClusterRole"] : ["ClusterRole"];
  const { apiGroup = "", kind = "", name = "" } = roleRef;
  const errors: FieldError[] = [];
  if (apiGroup !== GROUP) errors.push(fieldNotSupported("roleRef.apiGroup", apiGroup, [GROUP]));
  if (!kinds.includes(kind)) errors.push(fieldNotSupported("roleRef.kind", kind, kinds));
  if (!name) errors.push(fieldRequired("roleRef.name", ""));
  else errors.push(...nameIsPathSegment(name, false).map((message) => fieldInvalid("roleRef.name", name, message)));
  return [...errors, ...subjects.flatMap((subject, i) => validateSubject(subject, namespaced, `subjects[${i}]`))];
}

export function validateBindingUpdate(obj: Binding, old: Binding, namespaced: boolean): FieldError[] {
  const errors = validateBinding(obj, namespaced);
  if (!semanticEqual(obj.roleRef, old.roleRef)) {
    errors.push(fieldInvalid("roleRef", internalRoleRef(obj.roleRef), "cannot change roleRef"));
  }
  return errors;
}

/** Upstream prints its internal type, whose fields have no JSON names. */
const internalRoleRef = ({ apiGroup = "", kind = "", name = "" }: RoleRef) => ({
  APIGroup: apiGroup,
  Kind: kind,
  Name: name,
});

function validateSubject(
  { kind = "", apiGroup = "", name = "", namespace = "" }: Subject,
  namespaced: boolean,
  field: string,
): FieldError[] {
  const errors: FieldError[] = name ? [] : [fieldRequired(`${field}.name`, "")];
  switch (kind) {
    case "ServiceAccount":
      if (name) {
        errors.push(...nameIsDNSSubdomain(name, false).map((message) => fieldInvalid(`${field}.name`, name, message)));
      }
      if (apiGroup) errors.push(fieldNotSupported(`${field}.apiGroup`, apiGroup, [""]));
      if (!namespaced && !namespace) errors.push(fieldRequired(`${field}.namespace`, ""));
      break;
    case "User":
    case "Group":
      if (apiGroup !== GROUP) errors.push(fieldNotSupported(`${field}.apiGroup`, apiGroup, [GROUP]));
      break;
    default:
      errors.push(fieldNotSupported(`${field}.kind`, kind, ["ServiceAccount", "User", "Group"]));
  }
  return errors;
}

/** Columns besides name and age. (pkg/printers/internalversion printRoleBinding) */
export const bindingColumns: readonly Column<Binding>[] = [
  { name: "Role", type: "string", value: ({ roleRef }) => `${roleRef.kind}/${roleRef.name}` },
  { name: "Users", type: "string", priority: 1, value: (binding) => subjectNames(binding, "User") },
  { name: "Groups", type: "string", priority: 1, value: (binding) => subjectNames(binding, "Group") },
  {
    name: "ServiceAccounts",
    type: "string",
    priority: 1,
    value: (binding) => subjectNames(binding, "ServiceAccount"),
  },
];

function subjectNames({ subjects = [] }: Binding, kind: string): string {
  const named = (subject: Subject) =>
    kind === "ServiceAccount" ? `${subject.namespace ?? ""}/${subject.name}` : subject.name;
  return subjects
    .filter((subject) => subject.kind === kind)
    .map(named)
    .join(", ");
}
