import type { Node } from "../../../openapi/api/core.v1.ts";
import { type FieldError, fieldDuplicate, fieldInvalid } from "../../meta/field-error.ts";
import { goQuote } from "../../meta/go-quote.ts";

const MAX_NAME_BYTES = 253;
const NAME = /^[A-Z][a-zA-Z0-9]*(?:\/[a-zA-Z][a-zA-Z0-9]*)*$/;
const NO_NAME =
  "must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes";

/** What a kubelet says it can do: names in order. (validateNodeDeclaredFeatures of pkg/apis/core/validation) */
export function validateDeclaredFeatures({ status }: Node): FieldError[] {
  const features = status?.declaredFeatures ?? [];
  return features.flatMap((feature, index) => {
    const field = (at: number) => `status.declaredFeatures[${at}]`;
    const errors: FieldError[] = [];
    const wrong = nameProblem(feature);
    if (wrong) errors.push(fieldInvalid(field(index), feature, `invalid feature name ${goQuote(feature)}: ${wrong}`));
    const next = features[index + 1];
    if (next === undefined) return errors;
    if (feature === next) errors.push(fieldDuplicate(field(index + 1), next));
    else if (feature > next) errors.push(fieldInvalid(field(index + 1), next, "list must be sorted alphabetically"));
    return errors;
  });
}

function nameProblem(name: string): string | undefined {
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `must be no more than ${MAX_NAME_BYTES} characters`;
  return NAME.test(name) ? undefined : NO_NAME;
}

/** (validateNodeSwapStatus) */
export function validateSwap({ status }: Node): FieldError[] {
  const capacity = status?.nodeInfo?.swap?.capacity;
  if (capacity === undefined || capacity > 0) return [];
  // The path is upstream's.
  return [fieldInvalid("metadata.nodeSwapStatus.capacity", capacity, "must be greater than zero")];
}
