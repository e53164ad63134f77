import { schemaForKind } from "../../../openapi/types.ts";
import { applyUpdate, type FieldManagement } from "../../meta/managed-fields/manager.ts";
import { customResetFields, resetFieldsOf } from "../../meta/managed-fields/reset-fields.ts";
import { managersOfParent, managersOfScale, REPLICAS_PATHS } from "../../meta/managed-fields/scale-handler.ts";
import type { KubeObject, ManagedFieldsEntry } from "../../meta/object.ts";
import type { Kind, Subresource } from "../kind.ts";
import type { RequestScope } from "../store.ts";

const managements = new WeakMap<Kind, Map<string, FieldManagement>>();

/** What field management has to know of a kind, made once. */
export function fieldManagement(kind: Kind, subresource: string): FieldManagement {
  let known = managements.get(kind);
  if (!known) {
    known = new Map();
    managements.set(kind, known);
  }
  let management = known.get(subresource);
  if (!management) {
    const { group, version, plural, schema, custom, subresources } = kind;
    const resetFields = custom
      ? customResetFields(subresources.has("status"), subresource)
      : resetFieldsOf(group, plural, subresource);
    management = { schema, group, version, kind: kind.kind, subresource, resetFields };
    known.set(subresource, management);
  }
  return management;
}

/** Gives what a create or update changes to its manager. In place; to be called before mutating admission. */
export function trackFields(
  kind: Kind,
  subresource: string,
  { object, live }: { object: KubeObject; live: KubeObject | undefined },
  { fieldManager, now }: RequestScope,
): void {
  const tracked = applyUpdate(fieldManagement(kind, subresource), live, object, { manager: fieldManager, now });
  setManagedFields(object, tracked.metadata.managedFields);
}

/** A Scale with the managers that own `replicas` of the object. */
export function withScaleManagers(kind: Kind, form: KubeObject, { metadata }: KubeObject): KubeObject {
  const paths = REPLICAS_PATHS[`${kind.group}/${kind.plural}`];
  if (paths) setManagedFields(form, managersOfScale(metadata.managedFields, paths));
  return form;
}

/** Gives what a write to Scale changes to its manager. */
export function trackScale(
  { kind: own }: Subresource<KubeObject>,
  { form, oldForm }: { form: KubeObject; oldForm: KubeObject },
  { fieldManager, now }: RequestScope,
): void {
  const schema = own && schemaForKind(own.group, own.version, own.kind);
  if (!own || !schema) return;
  const management: FieldManagement = { schema, ...own, subresource: "scale" };
  const tracked = applyUpdate(management, oldForm, form, { manager: fieldManager, now });
  setManagedFields(form, tracked.metadata.managedFields);
}

/** Whoever owns `replicas` in a written Scale owns it in the object. */
export function takeScaleManagers(kind: Kind, form: KubeObject, object: KubeObject): void {
  const paths = REPLICAS_PATHS[`${kind.group}/${kind.plural}`];
  if (!paths) return;
  const apiVersion = kind.group ? `${kind.group}/${kind.version}` : kind.version;
  const { managedFields } = object.metadata;
  setManagedFields(object, managersOfParent(managedFields, form.metadata.managedFields, paths, apiVersion));
}

function setManagedFields({ metadata }: KubeObject, managedFields: ManagedFieldsEntry[] | undefined): void {
  if (managedFields) metadata.managedFields = managedFields;
  else delete metadata.managedFields;
}
