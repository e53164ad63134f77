import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
} from "../../../openapi/api/apiextensions.k8s.io.v1.ts";
import { rfc3339 } from "../../meta/time.ts";

export type ConditionType =
  | "Established"
  | "NamesAccepted"
  | "NonStructuralSchema"
  | "Terminating"
  | "KubernetesAPIApprovalPolicyConformant";

/** A condition without its time. */
export interface ConditionWish {
  readonly type: ConditionType;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}

type Definition = Readonly<Pick<CustomResourceDefinition, "status">>;

export function conditionOf(
  { status }: Definition,
  type: ConditionType,
): CustomResourceDefinitionCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(definition: Definition, type: ConditionType): boolean {
  return conditionOf(definition, type)?.status === "True";
}

/** Whether a condition is as wished but for its time. */
export function hasCondition(definition: Definition, wish: ConditionWish): boolean {
  const known = conditionOf(definition, wish.type);
  return known?.status === wish.status && known.reason === wish.reason && known.message === wish.message;
}

/** Adds or changes a condition; its time changes with its status. In place. (apihelpers SetCRDCondition) */
export function setCondition(definition: CustomResourceDefinition, wish: ConditionWish, now: Date): void {
  // The cast: acceptedNames and storedVersions are there in a stored definition.
  definition.status ??= {} as NonNullable<CustomResourceDefinition["status"]>;
  const { status } = definition;
  const known = conditionOf(definition, wish.type);
  const { type, reason, message } = wish;
  const lastTransitionTime =
    known?.lastTransitionTime && known.status === wish.status ? known.lastTransitionTime : rfc3339(now);
  // In Go's order of fields.
  const condition = { type, status: wish.status, lastTransitionTime, reason, message };
  const others = status.conditions ?? [];
  status.conditions = known ? others.map((each) => (each === known ? condition : each)) : [...others, condition];
}

export function removeCondition({ status }: CustomResourceDefinition, type: ConditionType): void {
  if (status) status.conditions = (status.conditions ?? []).filter((condition) => condition.type !== type);
}
