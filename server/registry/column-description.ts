import { descriptionsOf } from "../../openapi/documents/descriptions.ts";

/** Columns that show a field of metadata, by name. Upstream takes their text from ObjectMeta, too. */
const METADATA: Readonly<Record<string, string>> = {
  Name: "name",
  Age: "creationTimestamp",
  "Created At": "creationTimestamp",
};

/** What a column of metadata says of itself in a Table; empty for all others. */
export function metadataDescription(column: string): string {
  const field = METADATA[column];
  return field ? textOf("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", field) : "";
}

/**
 * Text of the field that a column shows. Values that the field may have are no part of it.
 * @param path such as `core.v1.PodSpec.nodeName`
 */
export function fieldDescription(path: string): string {
  const dot = path.lastIndexOf(".");
  return textOf(`io.k8s.api.${path.slice(0, dot)}`, path.slice(dot + 1)).replace(
    /\n+Possible enum values:[\s\S]*$/,
    "",
  );
}

function textOf(type: string, field: string): string {
  return descriptionsOf(type).fields.get(field) ?? "";
}
