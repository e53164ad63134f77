import type { FieldManagement } from "../../meta/managed-fields/manager.ts";
import { customResetFields, resetFieldsOf } from "../../meta/managed-fields/reset-fields.ts";
import { convertBetween } from "../../registry/generic/managed-fields.ts";
import type { Kind } from "../../registry/kind.ts";
import type { Expected } from "../object-kind.ts";

const known = new WeakMap<Kind, Map<string, FieldManagement>>();

/** What server-side apply has to know of a resource or a subresource: made once. */
export function managementOf(
  kind: Kind,
  subresource: string,
  { group, version, kind: name, schema }: Expected,
): FieldManagement {
  let managements = known.get(kind);
  if (!managements) {
    managements = new Map();
    known.set(kind, managements);
  }
  let management = managements.get(subresource);
  if (!management) {
    management = {
      group,
      version,
      kind: name,
      schema,
      ...(subresource && { subresource }),
      resetFields: kind.custom
        ? customResetFields(kind.subresources.has("status"), subresource)
        : resetFieldsOf(kind.group, kind.plural, subresource),
      ...(kind.customResource && { convert: kind.customResource.convert }),
      ...(kind.definition.versions && { convert: (object, apiVersion) => convertBetween(kind, object, apiVersion) }),
    };
    managements.set(subresource, management);
  }
  return management;
}
