import type { CustomResourceSubresources } from "../../../openapi/api/apiextensions.k8s.io.v1.ts";
import { type FieldError, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import { validateSimplePath } from "./simple-path.ts";

/** (ValidateCustomResourceDefinitionSubresources) */
export function validateSubresources(subresources: CustomResourceSubresources | undefined, path: string): FieldError[] {
  const scale = subresources?.scale;
  if (!scale) return [];
  const under = (value: string, field: string, roots: readonly string[], text: string): FieldError[] => {
    const at = `${path}.scale.${field}`;
    const wrong = validateSimplePath(at, value);
    if (wrong.length > 0) return wrong;
    return roots.some((root) => value.startsWith(root)) ? [] : [fieldInvalid(at, value, text)];
  };
  const { specReplicasPath = "", statusReplicasPath = "", labelSelectorPath = "" } = scale;
  const required = (value: string, field: string, root: string) =>
    value
      ? under(value, field, [`${root}.`], `should be a json path under ${root}`)
      : [fieldRequired(`${path}.scale.${field}`, "")];
  return [
    ...required(specReplicasPath, "specReplicasPath", ".spec"),
    ...required(statusReplicasPath, "statusReplicasPath", ".status"),
    ...(labelSelectorPath
      ? under(
          labelSelectorPath,
          "labelSelectorPath",
          [".spec.", ".status."],
          "should be a json path under either .spec or .status",
        )
      : []),
  ];
}
