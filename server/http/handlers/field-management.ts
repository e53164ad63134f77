import type { Schema } from "../../../openapi/schema.ts";
import { schemaForKind } from "../../../openapi/types.ts";
import { deepCopy } from "../../meta/equality.ts";
import type { FieldManagement } from "../../meta/managed-fields/manager.ts";
import { customResetFields, resetFieldsOf } from "../../meta/managed-fields/reset-fields.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { Kind } from "../../registry/kind.ts";
import { apiVersionOf, type Expected } from "../object-kind.ts";

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
      ...(kind.definition.versions && { convert: (object, apiVersion) => convert(kind, object, apiVersion) }),
    };
    managements.set(subresource, management);
  }
  return management;
}

/** For managers that used another served version of the kind. */
function convert({ convert: own, definition }: Kind, object: KubeObject, apiVersion: string): Converted | undefined {
  const { group, version, kind, versions = [] } = definition;
  const stored = own ? own.toStorage(deepCopy(object)) : deepCopy(object);
  if (apiVersion === apiVersionOf(definition)) return converted(stored, { group, version, kind });
  const other = versions.find((v) => apiVersionOf({ group: v.group ?? group, version: v.version }) === apiVersion);
  return other && converted(other.fromStorage(stored), { group: other.group ?? group, version: other.version, kind });
}

type Converted = { object: KubeObject; schema: Schema };

function converted(
  object: KubeObject,
  target: { group: string; version: string; kind: string },
): Converted | undefined {
  const schema = schemaForKind(target.group, target.version, target.kind);
  return schema && { object: { ...object, apiVersion: apiVersionOf(target), kind: target.kind }, schema };
}
