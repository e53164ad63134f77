import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
} from "../../openapi/api/apiextensions.k8s.io.v1.ts";
import { semanticEqual } from "../meta/equality.ts";
import { aggregateMessage, fieldInvalid } from "../meta/field-error.ts";
import { goQuote } from "../meta/go-quote.ts";
import { approvalState, isProtectedGroup } from "../registry/apiextensions/api-approval.ts";
import { validateBundle } from "../registry/apiextensions/ca-bundle.ts";
import { type ConditionWish, conditionOf, isConditionTrue } from "../registry/apiextensions/conditions.ts";
import { structuralProblem, validateStructural } from "../registry/apiextensions/schema/structural.ts";

type Definition = Readonly<CustomResourceDefinition>;

/** What the naming controller wants in the status. */
export interface NamingWish {
  readonly acceptedNames: CustomResourceDefinitionNames;
  readonly conditions: readonly ConditionWish[];
}

const INITIAL = "the initial names have been accepted";

/**
 * Which names a definition gets. (pkg/controller/status/naming_controller.go)
 * @param taken the accepted names of the others in its group, who came first
 * @returns undefined when nothing is to be done
 */
export function namingOf(
  definition: Definition,
  taken: readonly CustomResourceDefinitionNames[],
): NamingWish | undefined {
  const wanted = definition.spec.names;
  const accepted = definition.status?.acceptedNames;
  if (semanticEqual(wanted, accepted)) return undefined;
  const resources = new Set(
    taken.flatMap(({ plural, singular, shortNames = [] }) => [plural, singular, ...shortNames]),
  );
  const kinds = new Set(taken.flatMap(({ kind, listKind }) => [kind, listKind]));
  const names: CustomResourceDefinitionNames = { ...(accepted ?? { plural: "", kind: "" }) };
  let conflict: { reason: string; message: string } | undefined;
  const claim = (field: "plural" | "singular" | "kind" | "listKind", used: ReadonlySet<string | undefined>) => {
    const name = wanted[field] ?? "";
    if (name === (accepted?.[field] ?? "") || !used.has(name)) names[field] = name;
    else conflict = { reason: `${field[0]?.toUpperCase()}${field.slice(1)}Conflict`, message: inUse(name) };
  };
  claim("plural", resources);
  claim("singular", resources);
  const shortNames = wanted.shortNames ?? [];
  const mine = new Set(accepted?.shortNames);
  const clashes = shortNames.filter((name) => !mine.has(name) && resources.has(name)).map(inUse);
  if (clashes.length === 0) setOrDelete(names, "shortNames", wanted.shortNames);
  else {
    const unique = [...new Set(clashes)];
    const message = unique.length === 1 ? (unique[0] ?? "") : `[${unique.join(", ")}]`;
    conflict = { reason: "ShortNamesConflict", message };
  }
  claim("kind", kinds);
  claim("listKind", kinds);
  setOrDelete(names, "categories", wanted.categories);
  const namesAccepted: ConditionWish = conflict
    ? { type: "NamesAccepted", status: "False", ...conflict }
    : { type: "NamesAccepted", status: "True", reason: "NoConflicts", message: "no conflicts found" };
  const unchanged = semanticEqual(accepted, names) && sameCondition(definition, namesAccepted);
  return unchanged
    ? undefined
    : { acceptedNames: names, conditions: [namesAccepted, establishedWish(definition, !conflict)] };
}

function sameCondition(definition: Definition, wish: ConditionWish): boolean {
  const known = conditionOf(definition, wish.type);
  return known?.status === wish.status && known.reason === wish.reason && known.message === wish.message;
}

/** Not yet: it is served first. One that was established once stays so. */
function establishedWish(definition: Definition, areAccepted: boolean): ConditionWish {
  const old = conditionOf(definition, "Established");
  if (areAccepted && old?.status !== "True") {
    return { type: "Established", status: "False", reason: "Installing", message: INITIAL };
  }
  const { status = "False", reason = "NotAccepted", message = "not all names are accepted" } = old ?? {};
  return { type: "Established", status: status as ConditionWish["status"], reason, message };
}

function inUse(name: string): string {
  return `${goQuote(name)} is already in use`;
}

function setOrDelete<T extends object, K extends keyof T>(object: T, key: K, value: T[K]): void {
  if (value === undefined) delete object[key];
  else object[key] = value;
}

/** (pkg/controller/establish) @returns undefined when nothing is to be done */
export function establishmentOf(definition: Definition): ConditionWish | undefined {
  if (!isConditionTrue(definition, "NamesAccepted") || isConditionTrue(definition, "Established")) return undefined;
  const bundle = definition.spec.conversion?.webhook?.clientConfig?.caBundle;
  if (bundle && validateBundle(bundle, "").length > 0) {
    const message = "The conversion webhook CABundle is invalid";
    return { type: "Established", status: "False", reason: "InvalidCABundle", message };
  }
  return { type: "Established", status: "True", reason: "InitialNamesAccepted", message: INITIAL };
}

/** (pkg/controller/nonstructuralschema) @returns undefined when all is well */
export function nonStructuralOf({ spec }: Definition): ConditionWish | undefined {
  const errors = spec.preserveUnknownFields ? [fieldInvalid("spec.preserveUnknownFields", true, "must be false")] : [];
  for (const [index, { name, schema }] of (spec.versions ?? []).entries()) {
    const root = schema?.openAPIV3Schema;
    if (!root) continue;
    const problem = structuralProblem(root);
    if (problem) {
      const message = `failed to check validation schema for version ${name}: ${problem}`;
      return { type: "NonStructuralSchema", status: "Unknown", reason: "StructuralError", message };
    }
    errors.push(...validateStructural(root, `spec.versions[${index}].schema.openAPIV3Schema`));
  }
  if (errors.length === 0) return undefined;
  return { type: "NonStructuralSchema", status: "True", reason: "Violations", message: aggregateMessage(errors) };
}

const APPROVALS = {
  invalid: { status: "False", reason: "InvalidAnnotation" },
  missing: { status: "False", reason: "MissingAnnotation" },
  approved: { status: "True", reason: "ApprovedAnnotation" },
  bypassed: { status: "False", reason: "UnapprovedAnnotation" },
} as const;

/** (pkg/controller/apiapproval) @returns undefined for groups that need no approval */
export function approvalOf({ metadata, spec }: Definition): ConditionWish | undefined {
  if (!isProtectedGroup(spec.group ?? "")) return undefined;
  const { state, reason } = approvalState(metadata.annotations);
  return { type: "KubernetesAPIApprovalPolicyConformant", ...APPROVALS[state], message: reason };
}
