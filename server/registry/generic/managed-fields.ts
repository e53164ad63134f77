import { coerce } from "../../../openapi/decode.ts";
import type { Schema } from "../../../openapi/schema.ts";
import { schemaForKind } from "../../../openapi/types.ts";
import { deepCopy } from "../../meta/equality.ts";
import { applyPatch } from "../../meta/managed-fields/apply-patch.ts";
import { applyUpdate, type FieldManagement } from "../../meta/managed-fields/manager.ts";
import { customResetFields, resetFieldsOf } from "../../meta/managed-fields/reset-fields.ts";
import { managersOfParent, managersOfScale, REPLICAS_PATHS } from "../../meta/managed-fields/scale-handler.ts";
import type { KubeObject, ManagedFieldsEntry } from "../../meta/object.ts";
import type { Kind, Subresource } from "../kind.ts";
import type { RequestScope } from "../store.ts";

const managements = new WeakMap<Kind, Map<string, FieldManagement>>();

interface Version {
  readonly group: string;
  readonly version: string;
}

const apiVersionOf = ({ group, version }: Version): string => (group ? `${group}/${version}` : version);

/** What field management has to know of a kind in one of its versions, made once. */
function fieldManagement(kind: Kind, subresource: string, served: Version): FieldManagement {
  let known = managements.get(kind);
  if (!known) {
    known = new Map();
    managements.set(kind, known);
  }
  const key = `${apiVersionOf(served)} ${subresource}`;
  let management = known.get(key);
  if (!management) {
    const { group, plural, custom, subresources } = kind;
    management = {
      schema: schemaOfVersion(kind, served) ?? kind.schema,
      group: served.group,
      version: served.version,
      kind: kind.kind,
      subresource,
      mayNotFit: custom,
      resetFields: custom
        ? customResetFields(subresources.has("status"), subresource)
        : resetFieldsOf(group, plural, subresource),
      ...(kind.customResource && { convert: kind.customResource.convert }),
      ...(kind.definition.versions && {
        convert: (object, apiVersion) => convertBetween(kind, object, apiVersion),
      }),
    };
    known.set(key, management);
  }
  return management;
}

function schemaOfVersion(kind: Kind, { group, version }: Version): Schema | undefined {
  const own = kind.custom || (group === kind.group && version === kind.version);
  return own ? kind.schema : schemaForKind(group, version, kind.kind);
}

/** From any version of the kind to another. @returns undefined when that is not served */
export function convertBetween(kind: Kind, object: KubeObject, apiVersion: string) {
  const { group, version, versions = [] } = kind.definition;
  const all = versions.map((other) => ({ ...other, group: other.group ?? group }));
  const from = all.find((other) => apiVersionOf(other) === object.apiVersion);
  const stored = from ? from.toStorage(deepCopy(object)) : object;
  if (apiVersion === apiVersionOf({ group, version })) return converted(kind, stored, { group, version });
  const to = all.find((other) => apiVersionOf(other) === apiVersion);
  return to && converted(kind, to.fromStorage(deepCopy(stored)), to);
}

function converted(kind: Kind, object: KubeObject, served: Version) {
  const schema = schemaOfVersion(kind, served);
  return schema && { object: { ...object, apiVersion: apiVersionOf(served), kind: kind.kind }, schema };
}

/**
 * Gives what a create or update changes to its manager, in the version that the client speaks. In place; to be called
 * before mutating admission.
 */
export function trackFields(
  kind: Kind,
  subresource: string,
  { object, live }: { object: KubeObject; live: KubeObject | undefined },
  { fieldManager, now, requestVersion = kind }: RequestScope,
): void {
  const isOther = requestVersion.group !== kind.group || requestVersion.version !== kind.version;
  const served = isOther && kind.definition.versions ? requestVersion : kind;
  const inVersion = (stored: KubeObject) =>
    served === kind ? stored : (convertBetween(kind, stored, apiVersionOf(served))?.object ?? stored);
  const management = fieldManagement(kind, subresource, served);
  const writer = { manager: fieldManager, now };
  const tracked = applyUpdate(management, live && inVersion(live), inVersion(object), writer);
  setManagedFields(object, tracked.metadata.managedFields);
}

/**
 * What a forced apply of the server's own controllers makes of a status: they apply theirs, so that others may own parts
 * of it. Custom resources have none of these.
 */
export function withAppliedStatus<T extends KubeObject>(
  kind: Kind,
  live: T,
  status: unknown,
  { fieldManager: manager, now }: Pick<RequestScope, "fieldManager" | "now">,
): T {
  const { name, namespace } = live.metadata;
  const metadata = { name, ...(namespace && { namespace }) };
  const config = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata, status };
  const merged = applyPatch(fieldManagement(kind, "status", kind), live, config, { manager, now, force: true });
  return coerce(merged, kind.schema, "Ignore").value as T; // decoded by the kind's own schema
}

/** A Scale with the managers that own `replicas` of the object. */
export function withScaleManagers(kind: Kind, form: KubeObject, { metadata }: KubeObject): KubeObject {
  const paths = replicasPathsOf(kind);
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

/** Gives what is sent to a subresource to its manager: a TokenRequest comes back with it. */
export function trackCreated(
  { kind: own }: Subresource<KubeObject>,
  subresource: string,
  body: KubeObject,
  { fieldManager, now }: RequestScope,
): void {
  const schema = own && schemaForKind(own.group, own.version, own.kind);
  if (!own || !schema) return;
  const tracked = applyUpdate({ schema, ...own, subresource }, undefined, body, { manager: fieldManager, now });
  setManagedFields(body, tracked.metadata.managedFields);
}

/** Whoever owns `replicas` in a written Scale owns it in the object. */
export function takeScaleManagers(kind: Kind, form: KubeObject, object: KubeObject): void {
  const paths = replicasPathsOf(kind);
  if (!paths) return;
  const { managedFields } = object.metadata;
  setManagedFields(object, managersOfParent(managedFields, form.metadata.managedFields, paths, apiVersionOf(kind)));
}

function replicasPathsOf({ customResource, group, plural }: Kind) {
  return customResource?.replicasPaths ?? REPLICAS_PATHS[`${group}/${plural}`];
}

function setManagedFields({ metadata }: KubeObject, managedFields: ManagedFieldsEntry[] | undefined): void {
  if (managedFields) metadata.managedFields = managedFields;
  else delete metadata.managedFields;
}
