import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  CustomResourceValidation,
  SelectableField,
} from "../../../openapi/api/apiextensions.k8s.io.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { type JsonSchema, someSchema } from "./schema/json-schema.ts";

/** A version with what differs between versions. */
export type VersionForm = CustomResourceDefinitionVersion;

/**
 * A definition's spec as upstream holds it inside: what all versions have alike stands at the top, which is where its
 * errors point to. (apiextensions-apiserver/pkg/apis/apiextensions/v1/conversion.go)
 */
export interface SpecForm {
  readonly spec: CustomResourceDefinitionSpec;
  readonly version: string;
  readonly versions: readonly VersionForm[];
  readonly validation: CustomResourceValidation | undefined;
  readonly subresources: CustomResourceSubresources | undefined;
  readonly columns: readonly CustomResourceColumnDefinition[];
  readonly selectableFields: readonly SelectableField[];
}

const SHARED = ["subresources", "schema", "additionalPrinterColumns", "selectableFields"] as const;

export function specForm(spec: CustomResourceDefinitionSpec): SpecForm {
  const all = spec.versions ?? [];
  const [first] = all;
  const versions = all.map((version) => ({ ...version }));
  for (const field of SHARED) {
    if (!all.every((version) => semanticEqual(version[field], first?.[field]))) continue;
    for (const version of versions) delete version[field];
  }
  const top = <F extends (typeof SHARED)[number]>(field: F) =>
    versions[0]?.[field] === undefined ? first?.[field] : undefined;
  const isShared = <F extends (typeof SHARED)[number]>(field: F) => versions.every((v) => v[field] === undefined);
  return {
    spec,
    version: first?.name ?? "",
    versions,
    validation: isShared("schema") ? top("schema") : undefined,
    subresources: isShared("subresources") ? top("subresources") : undefined,
    columns: (isShared("additionalPrinterColumns") ? top("additionalPrinterColumns") : undefined) ?? [],
    selectableFields: (isShared("selectableFields") ? top("selectableFields") : undefined) ?? [],
  };
}

/** All schemas of a definition. */
export function schemasOf(spec: CustomResourceDefinitionSpec): JsonSchema[] {
  return (spec.versions ?? []).flatMap(({ schema }) => (schema?.openAPIV3Schema ? [schema.openAPIV3Schema] : []));
}

export function someNode(spec: CustomResourceDefinitionSpec, test: (schema: JsonSchema) => boolean): boolean {
  return schemasOf(spec).some((schema) => someSchema(schema, test));
}
