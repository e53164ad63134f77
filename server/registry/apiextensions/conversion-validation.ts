import type { CustomResourceConversion } from "../../../openapi/api/apiextensions.k8s.io.v1.ts";
import { neededOneOf } from "../../meta/field-checks.ts";
import { type FieldError, fieldForbidden, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import { validateDNS1035Label } from "../../meta/names.ts";
import { validateService, validateUrl } from "../admissionregistration/webhook-validation.ts";
import { validateBundle } from "./ca-bundle.ts";
import { type Demands, REVIEW_VERSIONS } from "./demands.ts";

/** (validateCustomResourceConversion) */
export function validateConversion(
  conversion: CustomResourceConversion | undefined,
  path: string,
  { reviewVersion, caBundle }: Demands,
): FieldError[] {
  if (!conversion) return [];
  const { strategy, webhook } = conversion;
  const errors = neededOneOf(strategy || undefined, ["None", "Webhook"], `${path}.strategy`);
  const config = webhook?.clientConfig;
  const versions = webhook?.conversionReviewVersions ?? [];
  if (strategy !== "Webhook") {
    const text = "should not be set when strategy is not set to Webhook";
    if (config) errors.push(fieldForbidden(`${path}.webhookClientConfig`, text));
    if (versions.length > 0) errors.push(fieldForbidden(`${path}.conversionReviewVersions`, text));
    return errors;
  }
  const at = `${path}.webhookClientConfig`;
  if (!config) errors.push(fieldRequired(at, "required when strategy is set to Webhook"));
  else {
    const { url, service, caBundle: bundle } = config;
    if ((url === undefined) === (service === undefined)) {
      errors.push(fieldRequired(at, "exactly one of url or service is required"));
    } else if (service) errors.push(...validateService(service, `${at}.service`));
    else errors.push(...validateUrl(url ?? "", `${at}.url`));
    if (bundle && caBundle) errors.push(...validateBundle(bundle, `${at}.caBundle`));
  }
  return [...errors, ...validateReviewVersions(versions, `${path}.conversionReviewVersions`, reviewVersion)];
}

function validateReviewVersions(versions: readonly string[], path: string, needsKnown: boolean): FieldError[] {
  if (versions.length === 0) return [fieldRequired(path, "")];
  const errors = versions.flatMap((version, index) => {
    if (versions.indexOf(version) < index) return [fieldInvalid(`${path}[${index}]`, version, "duplicate version")];
    return validateDNS1035Label(version).map((text) => fieldInvalid(`${path}[${index}]`, version, text));
  });
  if (needsKnown && !versions.some((version) => REVIEW_VERSIONS.includes(version))) {
    errors.push(fieldInvalid(path, versions, `must include at least one of ${REVIEW_VERSIONS.join(", ")}`));
  }
  return errors;
}
