/** What a document is made from: the served resources of a group version, as plain data. */

/** JSON Schema as it stands in a document or in a CRD. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

export interface ApiSubresource {
  readonly name: string;
  /** Of the body; the resource's own kind when it is about the object itself (status). */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

export interface ApiResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly subresources: readonly ApiSubresource[];
  /** DELETE answers the object instead of a Status. */
  readonly returnsDeletedObject: boolean;
  /** Custom resources only: the version's openAPIV3Schema, if it has one, and its selectable fields' paths. */
  readonly custom?: { readonly schema?: JsonSchema; readonly selectableFields?: readonly string[] };
}

/** Path of a group version without slashes at its ends: `api/v1`, `apis/apps/v1`. */
export function groupVersionPath(group: string, version: string): string {
  return group === "" ? `api/${version}` : `apis/${group}/${version}`;
}
