import type { CustomResourceColumnDefinition } from "../../openapi/api/apiextensions.k8s.io.v1.ts";
import { DecodeError } from "../../openapi/json-tree.ts";
import type { Schema } from "../../openapi/schema.ts";
import type { KubeObject, UnstructuredObject } from "../meta/object.ts";
import { applyDefaults } from "../registry/apiextensions/schema/defaulting.ts";
import type { Column, Conversion, CustomResourceHooks, Kind } from "../registry/kind.ts";
import { columnsOf } from "./columns.ts";
import { type CustomVersion, customStrategy } from "./custom-resource.ts";
import { coerceObject, fromStored, inVersion, type VersionSchemas, versionOf } from "./version-forms.ts";

/** Upstream's order, which discovery tells. (apiserver/customresource_discovery_controller.go) */
const VERBS = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
const TERMINATING_VERBS = ["delete", "deletecollection", "get", "list", "watch"];

/** One served version of a definition, as far as it is held in memory. */
export interface CustomKindInput extends CustomVersion {
  readonly names: {
    readonly plural: string;
    readonly singular: string;
    readonly listKind: string;
    readonly shortNames: readonly string[];
    readonly categories: readonly string[];
  };
  readonly namespaced: boolean;
  readonly storageVersionHash: string;
  readonly schemas: VersionSchemas;
  readonly replicasPaths: CustomResourceHooks["replicasPaths"];
  readonly warning: string | undefined;
  columns(): readonly CustomResourceColumnDefinition[] | undefined;
  /** Objects stay in the version that they were stored in, which is how a webhook gets them. */
  readonly keepsVersion?: boolean;
  readonly conversion?: Conversion;
  /** The definition is being deleted. */
  isTerminating(): boolean;
}

/** A version of a custom resource as the registry, handlers and discovery see it. Shape and columns are made on demand. */
export function customKind(input: CustomKindInput): Kind {
  const { group, version, kind, names, namespaced, schemas } = input;
  const definition = customStrategy(input);
  let columns: readonly Column<KubeObject>[] | undefined;
  return {
    group,
    version,
    kind,
    listKind: names.listKind,
    plural: names.plural,
    singular: names.singular,
    namespaced,
    verbs: VERBS,
    shortNames: names.shortNames,
    categories: names.categories,
    storageVersionHash: input.storageVersionHash,
    storagePrefix: `/registry/${group}/${names.plural}/`,
    definition: { ...definition, defaults: (object) => applyDefaults(object, input.schema()) },
    fieldLabels: input.selectableFields.map((path) => path.replace(/^\./, "")),
    subresources: new Map(Object.entries(definition.subresources ?? {})),
    custom: true,
    customResource: hooksOf(input),
    get schema(): Schema {
      return schemas.shape(version);
    },
    get columns() {
      columns ??= columnsOf(input.columns());
      return columns;
    },
  };
}

function hooksOf({
  version,
  storageVersion,
  schemas,
  replicasPaths,
  warning,
  keepsVersion = false,
  conversion,
  isTerminating,
}: CustomKindInput): CustomResourceHooks {
  const hooks: CustomResourceHooks = {
    coerce(object, wantsProblems, { keepsNulls } = { keepsNulls: false }) {
      try {
        const options = { lenient: false, wantsPaths: wantsProblems, keepsNulls };
        const paths = coerceObject(object as UnstructuredObject, schemas, version, options);
        return paths.map((path) => `unknown field "${path}"`);
      } catch (error) {
        throw error instanceof TypeError ? new DecodeError(error.message) : error;
      }
    },
    fromStored: (object) => fromStored(object, schemas, keepsVersion ? versionOf(object) : version),
    toStored: (object) => (keepsVersion ? object : inVersion(object, schemas, storageVersion)),
    ...(conversion && { conversion }),
    convert(object, apiVersion) {
      const slash = apiVersion.indexOf("/");
      const target = apiVersion.slice(slash + 1);
      if (apiVersion.slice(0, slash) !== schemas.group || !schemas.has(target)) return undefined;
      // Nothing is pruned here: where versions differ in their fields, upstream cannot tell who owns what either, and
      // the object ends without managers.
      return { object: { ...object, apiVersion }, schema: schemas.shape(target) };
    },
    replicasPaths,
    warning,
    get discoveredVerbs() {
      return isTerminating() ? TERMINATING_VERBS : VERBS;
    },
  };
  return hooks;
}
