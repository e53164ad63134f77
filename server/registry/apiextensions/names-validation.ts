import type { CustomResourceDefinitionNames } from "../../../openapi/api/apiextensions.k8s.io.v1.ts";
import { type FieldError, fieldInvalid } from "../../meta/field-error.ts";
import { validateDNS1035Label } from "../../meta/names.ts";

/** (ValidateCustomResourceDefinitionNames) */
export function validateNames(names: CustomResourceDefinitionNames | undefined, path: string): FieldError[] {
  const { plural = "", singular = "", kind = "", listKind = "", shortNames = [], categories = [] } = names ?? {};
  const label = (value: string, field: string, prefix = "") => {
    const wrong = validateDNS1035Label(prefix ? value.toLowerCase() : value);
    return wrong.length > 0 ? [fieldInvalid(`${path}.${field}`, value, prefix + wrong.join(","))] : [];
  };
  const mixed = "may have mixed case, but should otherwise match: ";
  return [
    ...(plural ? label(plural, "plural") : []),
    ...(singular ? label(singular, "singular") : []),
    ...(kind ? label(kind, "kind", mixed) : []),
    ...(listKind ? label(listKind, "listKind", mixed) : []),
    ...shortNames.flatMap((name, index) => label(name, `shortNames[${index}]`)),
    ...(kind && kind === listKind
      ? [fieldInvalid(`${path}.listKind`, listKind, "kind and listKind may not be the same")]
      : []),
    ...categories.flatMap((name, index) => label(name, `categories[${index}]`)),
  ];
}
