import type { Schema } from "../../openapi/schema.ts";
import { deepCopy } from "../meta/equality.ts";
import type { KubeObject, UnstructuredObject } from "../meta/object.ts";
import { applyDefaults, dropMisplacedNulls } from "../registry/apiextensions/schema/defaulting.ts";
import { coerceEmbedded, coerceMetadata } from "../registry/apiextensions/schema/embedded-meta.ts";
import type { JsonSchema } from "../registry/apiextensions/schema/json-schema.ts";
import { prune } from "../registry/apiextensions/schema/pruning.ts";

/** The schemas of all versions of a custom resource, served or not, by version. */
export interface VersionSchemas {
  readonly group: string;
  readonly kind: string;
  readonly preserveUnknownFields: boolean;
  has(version: string): boolean;
  schema(version: string): JsonSchema | undefined;
  shape(version: string): Schema;
}

/**
 * Brings an object into the form of its version, in place. (customresource_handler.go unstructuredSchemaCoercer)
 * @param options.lenient drops metadata of wrong types, which were once stored
 * @param options.keepsNulls as an apply does, whose result upstream does not decode again
 * @returns paths of unknown fields. @throws DecodeError
 */
export function coerceObject(
  object: UnstructuredObject,
  schemas: VersionSchemas,
  version: string,
  options: { readonly lenient: boolean; readonly wantsPaths: boolean; readonly keepsNulls?: boolean },
): string[] {
  const { lenient, wantsPaths, keepsNulls = false } = options;
  const { kind, apiVersion, metadata } = object;
  const inMetadata: string[] = [];
  const hear = (paths: string[]) => (wantsPaths ? (path: string) => void paths.push(path) : undefined);
  const typed =
    metadata === undefined ? undefined : coerceMetadata(metadata, "metadata", { lenient, onUnknown: hear(inMetadata) });
  const pruned: string[] = [];
  const embedded: string[] = [];
  if (kind === schemas.kind) {
    const schema = schemas.schema(version);
    if (!schemas.preserveUnknownFields) {
      prune(object, schema, true, hear(pruned));
      if (!keepsNulls) dropMisplacedNulls(object, schema);
    }
    const error = coerceEmbedded(object, schema, false, { lenient, onUnknown: hear(embedded) });
    if (error) throw new TypeError(error.message());
    if (lenient && typed && !typed.generation) typed.generation = 1;
  }
  if (kind !== undefined) object.kind = kind;
  if (apiVersion !== undefined) object.apiVersion = apiVersion;
  if (typed) object.metadata = typed;
  return [...inMetadata, ...pruned.sort(), ...embedded.sort()];
}

/** From any version into another, without a webhook: only the version's name changes, and what it does not know goes. */
export function inVersion(object: KubeObject, schemas: VersionSchemas, version: string): UnstructuredObject {
  const converted = { ...object, apiVersion: `${schemas.group}/${version}` } as UnstructuredObject;
  if (object.apiVersion === converted.apiVersion) return converted;
  const copy = deepCopy(converted);
  coerceObject(copy, schemas, version, { lenient: true, wantsPaths: false });
  return copy;
}

/**
 * A stored object as a version serves it. In place where it can be. Defaults are those of the version that it was stored
 * in: what another version would fill in, its readers do not see. (crdConversionRESTOptionsGetter)
 */
export function fromStored(object: KubeObject, schemas: VersionSchemas, version: string): KubeObject {
  const stored = versionOf(object);
  if (schemas.has(stored)) {
    coerceObject(object as UnstructuredObject, schemas, stored, { lenient: true, wantsPaths: false });
    applyDefaults(object, schemas.schema(stored));
  }
  return inVersion(object, schemas, version);
}

export function versionOf({ apiVersion = "" }: KubeObject): string {
  return apiVersion.slice(apiVersion.indexOf("/") + 1);
}
