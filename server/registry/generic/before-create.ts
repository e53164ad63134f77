import { badRequest, invalid } from "../../meta/errors.ts";
import type { FieldError } from "../../meta/field-error.ts";
import {
  nameIsDNS1035Label,
  nameIsDNSLabel,
  nameIsDNSSubdomain,
  nameIsPathSegment,
  type ValidateName,
} from "../../meta/names.ts";
import type { KubeObject, ObjectMeta } from "../../meta/object.ts";
import { validateObjectMeta } from "../../meta/object-meta.ts";
import type { Kind, NameRule, RequestContext } from "../kind.ts";
import { validateFinalizerNames } from "./finalizer-names.ts";

const RULES: Readonly<Record<NameRule, ValidateName>> = {
  "dns-1123-label": nameIsDNSLabel,
  "dns-1123-subdomain": nameIsDNSSubdomain,
  "dns-1035-label": nameIsDNS1035Label,
  "path-segment": nameIsPathSegment,
};

/** Metadata by the rules of the kind. */
export function validateMetadata(kind: Kind, { metadata }: KubeObject): FieldError[] {
  const rules = { namespaced: kind.namespaced, validateName: nameValidator(kind) };
  return [...validateObjectMeta(metadata, rules), ...validateFinalizerNames(kind, metadata)];
}

/** How names of a kind are checked. */
export function nameValidator({ definition }: Kind): ValidateName {
  const own = definition.validateName;
  if (own) return (name, isPrefix) => [...own(name, isPrefix)];
  return RULES[definition.nameRule ?? "dns-1123-subdomain"];
}

/** Takes out what only the server sets. (rest.WipeObjectMetaSystemFields) */
export function wipeSystemFields(metadata: ObjectMeta): void {
  delete metadata.creationTimestamp;
  delete metadata.uid;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
}

/** An object without a namespace gets the request's. @throws StatusError 400 when they differ. (rest/meta.go) */
export function ensureNamespace(kind: Kind, requestNamespace: string, { metadata }: KubeObject): void {
  const expected = kind.namespaced ? requestNamespace : "";
  const actual = metadata.namespace ?? "";
  if (actual === expected) return;
  if (actual && expected) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  if (expected) metadata.namespace = expected;
  else delete metadata.namespace;
}

/**
 * What every kind goes through before its first write: prepare, validate, warn, canonicalize.
 * @throws StatusError 400, 422. (rest.BeforeCreate)
 */
export function beforeCreate(kind: Kind, namespace: string, object: KubeObject, context: RequestContext): void {
  const { definition } = kind;
  ensureNamespace(kind, namespace, object);
  definition.prepareForCreate?.(object, context);
  const { loosensMetadata = false, validateName } = definition;
  const metadataErrors = loosensMetadata ? [] : validateMetadata(kind, object);
  const errors = [...metadataErrors, ...(definition.validate?.(object, context) ?? [])];
  // Whatever a kind lets pass, names are parts of paths.
  if (errors.length === 0 && (loosensMetadata || validateName)) {
    errors.push(
      ...validateObjectMeta(object.metadata, { namespaced: kind.namespaced, validateName: nameIsPathSegment }),
    );
  }
  if (errors.length > 0) throw invalid(kind, object.metadata.name ?? "", errors);
  for (const text of definition.warnings?.(object, undefined) ?? []) context.warn(text);
  definition.canonicalize?.(object);
}
