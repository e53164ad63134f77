import type { CustomResourceDefinition } from "../../../openapi/api/apiextensions.k8s.io.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { conflict } from "../../meta/errors.ts";
import { goQuote } from "../../meta/go-quote.ts";
import { rfc3339 } from "../../meta/time.ts";
import { defineKind } from "../kind.ts";
import type { DeleteOptions } from "../store.ts";
import { restore, status } from "../subresources.ts";
import { setCondition } from "./conditions.ts";
import { schemasOf } from "./definition-form.ts";
import { validateDefinition, validateDefinitionStatus, validateDefinitionUpdate } from "./definition-validation.ts";
import { unknownFormatOf } from "./schema/formats.ts";
import { someSchema } from "./schema/json-schema.ts";

/** Keeps a definition until its objects are gone. */
export const CLEANUP_FINALIZER = "customresourcecleanup.apiextensions.k8s.io";

/**
 * CustomResourceDefinition, apiextensions.k8s.io/v1. Follows apiextensions-apiserver/pkg/registry/
 * customresourcedefinition and pkg/apis/apiextensions. What it defines is served by server/extensions.
 */
export const customResourceDefinition = defineKind<CustomResourceDefinition>({
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  allowUnconditionalUpdate: false,
  defaults({ spec, status }) {
    const { names } = spec;
    names.singular ||= (names.kind ?? "").toLowerCase();
    if (names.kind) names.listKind ||= `${names.kind}List`;
    spec.conversion ??= { strategy: "None" };
    const { webhook } = spec.conversion;
    // Upstream's inner form has no place for one that says nothing.
    if (webhook && !webhook.clientConfig && !webhook.conversionReviewVersions?.length) delete spec.conversion.webhook;
    const service = webhook?.clientConfig?.service;
    if (service) service.port ??= 443;
    const storage = spec.versions?.find((version) => version.storage);
    if (storage && status && !status.storedVersions?.length) status.storedVersions = [storage.name];
  },
  prepareForCreate(object) {
    // The cast: acceptedNames and storedVersions are required on the wire, and filled in step by step.
    object.status = { acceptedNames: { plural: "", kind: "" } } as unknown as typeof object.status;
    object.metadata.generation = 1;
    rememberStorageVersion(object);
  },
  prepareForUpdate(object, old) {
    restore(object, old, "status");
    if (!semanticEqual(object.spec, old.spec)) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
    rememberStorageVersion(object);
  },
  validate: validateDefinition,
  validateUpdate: validateDefinitionUpdate,
  warnings(object, old) {
    const known = new Set(old ? unknownFormats(old) : []);
    return unknownFormats(object)
      .filter((format) => !known.has(format))
      .map((format) => `unrecognized format ${goQuote(format)}`);
  },
  deletion(object, { now }, options) {
    checkPreconditions(object, options);
    if (object.metadata.deletionTimestamp) return "proceed";
    object.metadata.deletionTimestamp = rfc3339(now);
    const { finalizers = [] } = object.metadata;
    if (!finalizers.includes(CLEANUP_FINALIZER)) object.metadata.finalizers = [...finalizers, CLEANUP_FINALIZER];
    const message = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon";
    setCondition(object, { type: "Terminating", status: "True", reason: "InstanceDeletionPending", message }, now);
    return "mark";
  },
  subresources: {
    status: {
      ...status<CustomResourceDefinition>(),
      verbs: ["get", "patch", "update"],
      hasTable: false,
      validateUpdate: validateDefinitionStatus,
    },
  },
});

/** What was once stored in may still be there. */
function rememberStorageVersion(object: CustomResourceDefinition): void {
  const { spec, status } = object;
  const storage = spec.versions?.find((version) => version.storage);
  if (!storage || !status || status.storedVersions?.includes(storage.name)) return;
  // A new status: an update has that of the old object here.
  object.status = { ...status, storedVersions: [...(status.storedVersions ?? []), storage.name] };
}

function unknownFormats({ spec }: CustomResourceDefinition): string[] {
  const found: string[] = [];
  for (const schema of schemasOf(spec)) {
    someSchema(schema, (node) => {
      const format = unknownFormatOf(node);
      if (format) found.push(format);
      return false;
    });
  }
  return found;
}

function checkPreconditions({ metadata }: CustomResourceDefinition, { preconditions = {} }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions;
  const failed =
    uid !== undefined && uid !== metadata.uid
      ? `UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`
      : resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion
        ? `ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`
        : "";
  if (!failed) return;
  const resource = { group: "apiextensions.k8s.io", resource: "customresourcedefinitions" };
  throw conflict(resource, metadata.name ?? "", `Precondition failed: ${failed}`);
}
