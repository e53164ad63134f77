import { X509Certificate } from "node:crypto";
import type { CustomResourceConversion } from "../../../openapi/api/apiextensions.k8s.io.v1.ts";
import { type FieldError, fieldInvalid } from "../../meta/field-error.ts";

/** (apiserver/pkg/util/webhook ValidateCABundle) */
export function validateBundle(bundle: string, path: string): FieldError[] {
  const text = Buffer.from(bundle, "base64").toString("latin1");
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g);
  const wrong = "unable to load root certificates: unable to parse bytes as PEM block";
  if (!blocks) return [fieldInvalid(path, bundle, wrong)];
  try {
    for (const block of blocks) new X509Certificate(block);
    return [];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [fieldInvalid(path, bundle, `unable to load root certificates: ${reason}`)];
  }
}

/** Whether a conversion webhook's authorities cannot be read. */
export function hasInvalidBundle(conversion: CustomResourceConversion | undefined): boolean {
  const bundle = conversion?.webhook?.clientConfig?.caBundle;
  return Boolean(bundle) && validateBundle(bundle ?? "", "").length > 0;
}
