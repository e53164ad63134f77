import type {
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
} from "../../openapi/api/apiextensions.k8s.io.v1.ts";
import { deepCopy, jsonEqual } from "../meta/equality.ts";
import { invalid } from "../meta/errors.ts";
import { type FieldError, fieldInvalid } from "../meta/field-error.ts";
import { goQuote } from "../meta/go-quote.ts";
import { goValue } from "../meta/go-value.ts";
import { nameIsDNSSubdomain, validateQualifiedName } from "../meta/names.ts";
import type { KubeObject, ObjectMeta, UnstructuredObject } from "../meta/object.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "../meta/object-meta.ts";
import { applyDefaults } from "../registry/apiextensions/schema/defaulting.ts";
import { validateEmbedded } from "../registry/apiextensions/schema/embedded-meta.ts";
import { type JsonSchema, propertyOf } from "../registry/apiextensions/schema/json-schema.ts";
import { validateListTypes } from "../registry/apiextensions/schema/list-types.ts";
import { type CompiledRules, ruleEngine } from "../registry/apiextensions/schema/rules.ts";
import { validateValue } from "../registry/apiextensions/schema/validator.ts";
import { STANDARD_FINALIZERS } from "../registry/generic/finalizer-names.ts";
import type { KindDefinition, Subresource } from "../registry/kind.ts";
import { restore } from "../registry/subresources.ts";
import { parseJsonPath } from "./json-path.ts";
import { customScale, validateScaleFields } from "./scale.ts";

/** What a strategy has to know of a version. Large parts are read on demand, so that unused ones cost nothing. */
export interface CustomVersion {
  readonly group: string;
  readonly version: string;
  readonly storageVersion: string;
  readonly kind: string;
  readonly subresources: CustomResourceSubresources | undefined;
  readonly selectableFields: readonly string[];
  /** Undefined: anything goes. */
  schema(): JsonSchema | undefined;
}

/** The parts of a definition's version that are needed before its first request. */
export function outlineOf(
  version: CustomResourceDefinitionVersion,
): Pick<CustomVersion, "subresources" | "selectableFields"> {
  return {
    subresources: version.subresources && deepCopy(version.subresources),
    selectableFields: (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath),
  };
}

/**
 * The strategy of a custom resource in one version.
 * (apiextensions-apiserver/pkg/registry/customresource/{strategy,status_strategy,validator}.go)
 */
export function customStrategy(custom: CustomVersion): KindDefinition<KubeObject> {
  const { group, kind, storageVersion, subresources } = custom;
  const hasStatus = subresources?.status !== undefined;
  const fields = custom.selectableFields.map((path) => ({ label: path.replace(/^\./, ""), path: parseJsonPath(path) }));
  const rules = compiledRules(custom);
  return {
    group,
    version: storageVersion,
    kind,
    allowUnconditionalUpdate: false,
    prepareForCreate(object) {
      checkIdentity(custom, object);
      if (hasStatus) delete (object as UnstructuredObject).status;
      object.metadata.generation = 1;
    },
    prepareForUpdate(object, old) {
      checkIdentity(custom, object);
      if (hasStatus) restore(object, old, "status");
      const wish = ({ metadata: _, ...rest }: KubeObject) => rest;
      if (!jsonEqual(wish(object), wish(old))) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
    },
    canonicalize(object) {
      // Upstream stores a new object without its status, and gives it the status' defaults whenever it is read.
      if (hasStatus) applyDefaults(object, custom.schema());
    },
    validate(object) {
      // The generic registry tells of wrong metadata; it keeps rules from being looked at as well.
      const { metadata } = object;
      const namespaced = metadata.namespace !== undefined;
      const told = validateObjectMeta(metadata, { namespaced, validateName: nameIsDNSSubdomain });
      return withRules(validateAll(custom, object, undefined), rules(), { object, told });
    },
    validateUpdate(object, old) {
      // Which the generic registry has checked already: clients see each cause again.
      const metadata = validateObjectMetaUpdate(object.metadata, old.metadata);
      return withRules([...metadata, ...validateAll(custom, object, old)], rules(), { object, old });
    },
    warnings: (object, old) => [...finalizerWarnings(object, old), ...(forgiven.get(object) ?? [])],
    ...(fields.length > 0 && {
      selectableFields: (object) =>
        Object.fromEntries(fields.map(({ label, path }) => [label, selected(path.find(object))])),
    }),
    subresources: {
      ...(subresources?.status && { status: statusOf(custom, rules) }),
      ...(subresources?.scale && { scale: customScale(subresources.scale) }),
    },
  };
}

/** Compiled on first use, and again when the schema was dropped from memory and read anew. */
function compiledRules(custom: CustomVersion): () => CompiledRules | undefined {
  let known: { schema: JsonSchema; rules: CompiledRules | undefined } | undefined;
  return () => {
    const schema = custom.schema();
    const engine = ruleEngine();
    if (!schema || !engine) return undefined;
    if (known?.schema !== schema) known = { schema, rules: engine.compile(schema, true) };
    return known.rules;
  };
}

function statusOf(custom: CustomVersion, rules: () => CompiledRules | undefined): Subresource<KubeObject> {
  return {
    verbs: ["get", "patch", "update"],
    prepareForUpdate(object, old) {
      const next = object as UnstructuredObject;
      const { status } = next;
      const { managedFields } = object.metadata;
      // The metadata stays the same object: those who called this hold it.
      const { metadata } = next;
      for (const name of Object.keys(metadata)) delete metadata[name as keyof ObjectMeta];
      for (const name of Object.keys(next)) delete next[name];
      Object.assign(metadata, deepCopy(old.metadata));
      Object.assign(next, deepCopy(old), { metadata });
      if (managedFields) metadata.managedFields = managedFields;
      else delete metadata.managedFields;
      restore(next, { status }, "status");
    },
    warnings: (object) => forgiven.get(object) ?? [],
    validateUpdate(object, old) {
      const errors = validateStatus(custom, object as UnstructuredObject, old as UnstructuredObject);
      return withRules(errors, rules(), { object, old });
    },
  };
}

/** The kind that the client named; nobody else may look at an object of another. @throws StatusError 422 */
function checkIdentity({ group, version, kind }: CustomVersion, object: KubeObject): void {
  const errors: FieldError[] = [];
  const apiVersion = `${group}/${version}`;
  if (object.kind !== kind) errors.push(fieldInvalid("kind", object.kind ?? "", `must be ${kind}`));
  if (object.apiVersion !== apiVersion) {
    errors.push(fieldInvalid("apiVersion", object.apiVersion ?? "", `must be ${apiVersion}`));
  }
  if (errors.length > 0) throw invalid({ group, kind: object.kind ?? "" }, object.metadata.name ?? "", errors);
}

function validateAll(custom: CustomVersion, object: KubeObject, old: KubeObject | undefined): FieldError[] {
  const schema = custom.schema();
  const scale = custom.subresources?.scale;
  const errors = schema ? validateValue(object, schema, "", old && { value: old }) : [];
  if (scale) errors.push(...validateScaleFields(object, scale, { spec: true }));
  errors.push(...validateEmbedded(object, schema, false));
  if (!old || validateListTypes(old, schema).length === 0) errors.push(...validateListTypes(object, schema));
  return errors;
}

function validateStatus(custom: CustomVersion, object: UnstructuredObject, old: UnstructuredObject): FieldError[] {
  const schema = custom.schema();
  const status = schema && propertyOf(schema, "status");
  const scale = custom.subresources?.scale;
  const hasStatus = object.status !== undefined;
  const errors = status && hasStatus ? validateValue(object.status, status, "status", { value: old.status }) : [];
  if (scale) errors.push(...validateScaleFields(object, scale, { spec: false }));
  const repeated = validateListTypes(object, schema);
  if (repeated.length > 0 && validateListTypes(old, schema).length === 0) errors.push(...repeated);
  return errors;
}

/** Errors after which rules would only repeat what is said already. */
const BLOCKING = new Set([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);
const UNCHECKED =
  "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";

function withRules(
  errors: FieldError[],
  rules: CompiledRules | undefined,
  { object, old, told = [] }: { object: KubeObject; old?: KubeObject; told?: readonly FieldError[] },
): FieldError[] {
  if (!rules) return errors;
  if ([...told, ...errors].some(({ type }) => BLOCKING.has(type)))
    return [...errors, fieldInvalid("<nil>", null, UNCHECKED)];
  const found = rules.validate(object, old);
  if (found.warnings.length > 0) forgiven.set(object, found.warnings);
  return [...errors, ...found.errors];
}

/** Rules that an update breaks no further than the object did before: found in its validation, told as warnings. */
const forgiven = new WeakMap<KubeObject, readonly string[]>();

/** (validateKubeFinalizerName: warnings only, since finalizers of custom resources were never checked) */
function finalizerWarnings({ metadata }: KubeObject, old: KubeObject | undefined): string[] {
  const known = new Set(old?.metadata.finalizers);
  const added = (metadata.finalizers ?? []).filter((name) => !known.has(name));
  return [...new Set(added)].sort().flatMap((name) => {
    const at = `metadata.finalizers: ${goQuote(name)}: `;
    const messages = validateQualifiedName(name);
    if (!name.includes("/") && !STANDARD_FINALIZERS.includes(name)) {
      const path = name.includes(".") ? " including a path (/)" : "";
      messages.push(
        `prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`,
      );
    }
    return messages.map((message) => at + message);
  });
}

function selected([value]: readonly unknown[]): string {
  return value === undefined || value === null ? "" : typeof value === "string" ? value : goValue(value);
}
