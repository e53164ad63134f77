import type { CustomResourceDefinition } from "../../../openapi/api/apiextensions.k8s.io.v1.ts";
import { hasInvalidBundle } from "./ca-bundle.ts";
import { isConditionTrue } from "./conditions.ts";
import { schemasOf, someNode } from "./definition-form.ts";
import { hasUnprunedDefaults } from "./schema/default-validation.ts";
import { validateListKeys, validateSetItems } from "./schema/extension-validation.ts";
import { hasInvalidType } from "./schema/node-validation.ts";
import { ALL_DEMANDS, isNonStructural, type SchemaDemands } from "./schema-validation.ts";

/** Versions of ConversionReview that are spoken. */
export const REVIEW_VERSIONS = ["v1", "v1beta1"];

/** What an update may leave as it was. */
export interface Demands {
  readonly schema: SchemaDemands;
  readonly openAPISchema: boolean;
  readonly reviewVersion: boolean;
  readonly caBundle: boolean;
}

/** Of new definitions. */
export const ON_CREATE: Demands = { schema: ALL_DEMANDS, openAPISchema: true, reviewVersion: true, caBundle: false };

/** What an update must keep to: not what the definition broke before. */
export function demandsOf(old: CustomResourceDefinition): Demands {
  const { spec } = old;
  const reviewVersions = spec.conversion?.webhook?.conversionReviewVersions ?? [];
  return {
    schema: {
      validTypes: !someNode(spec, hasInvalidType),
      structural: !schemasOf(spec).some(isNonStructural),
      prunedDefaults: !schemasOf(spec).some((schema) => !isNonStructural(schema) && hasUnprunedDefaults(schema)),
      atomicSets: !someNode(spec, (schema) => validateSetItems(schema, "").length > 0),
      soundListKeys: !someNode(spec, (schema) => validateListKeys(schema, "").length > 0),
    },
    openAPISchema: (spec.versions ?? []).every(({ schema }) => schema?.openAPIV3Schema !== undefined),
    reviewVersion: reviewVersions.length === 0 || reviewVersions.some((version) => REVIEW_VERSIONS.includes(version)),
    caBundle: isConditionTrue(old, "Established") && !hasInvalidBundle(spec.conversion),
  };
}
