import { DecodeError } from "../../../openapi/json-tree.ts";
import type { FieldError } from "../../meta/field-error.ts";
import { validateNonNegative } from "../../meta/object-meta.ts";

/**
 * Where a revision to go back to is asked for, in place of a field of former versions. Nobody acts on it any more, but
 * it is read and written as a number. (pkg/apis/apps/v1/conversion.go, DeprecatedRollbackTo)
 */
const ROLLBACK_TO = "deprecated.deployment.rollback.to";

type Annotations = Record<string, string> | undefined;

/** In place. @throws DecodeError when it is no number */
export function normalizeRollback(annotations: Annotations): void {
  const text = annotations?.[ROLLBACK_TO];
  if (!annotations || text === undefined) return;
  if (text === "") delete annotations[ROLLBACK_TO];
  else annotations[ROLLBACK_TO] = parseInt64(text).toString();
}

function parseInt64(text: string): bigint {
  const wrong = (why: string) =>
    new DecodeError(
      `failed to parse annotation[${ROLLBACK_TO}]=${text} as int64: strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`,
    );
  if (!/^[+-]?[0-9]+$/.test(text)) throw wrong("invalid syntax");
  const value = BigInt(text.replace(/^\+/, ""));
  if (BigInt.asIntN(64, value) !== value) throw wrong("value out of range");
  return value;
}

/** (pkg/apis/apps/validation ValidateRollback) */
export function validateRollback(annotations: Annotations): FieldError[] {
  const text = annotations?.[ROLLBACK_TO];
  return text === undefined ? [] : validateNonNegative(Number(text), "spec.rollback.version");
}
