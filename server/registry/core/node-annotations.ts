import type { Node } from "../../../openapi/api/core.v1.ts";
import { type FieldError, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";

const AVOID_PODS = "scheduler.alpha.kubernetes.io/preferAvoidPods";

/** What is read of core/v1 AvoidPods, which lives in an annotation only. */
interface AvoidPods {
  readonly preferAvoidPods?: readonly { readonly podSignature?: { podController?: { controller?: boolean } } }[];
}

/** Pods of which controllers a node would rather not run. (ValidateAvoidPodsInNodeAnnotations) */
export function validateAvoidPods({ metadata }: Node): FieldError[] {
  const text = metadata.annotations?.[AVOID_PODS];
  if (!text) return [];
  let avoided: AvoidPods;
  try {
    avoided = JSON.parse(text) as AvoidPods; // read with care below
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return [fieldInvalid("metadata.annotations.AvoidPods", AVOID_PODS, problem)];
  }
  return (avoided?.preferAvoidPods ?? []).flatMap((entry, index) => {
    const field = `metadata.annotations.${AVOID_PODS}[${index}].PodSignature`;
    const controller = entry?.podSignature?.podController;
    if (!controller) return [fieldRequired(field, "")];
    if (controller.controller) return [];
    return [fieldInvalid(`${field}.PodController.Controller`, false, "must point to a controller")];
  });
}
