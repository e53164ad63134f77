import type { EnvFromSource, EnvVar, EnvVarSource } from "../../../../openapi/api/core.v1.ts";
import { dnsLabel, dnsSubdomain, invalidEach, needed } from "../../../meta/field-checks.ts";
import { type FieldError, fieldInvalid } from "../../../meta/field-error.ts";
import { nameIsDNSSubdomain, validateConfigMapKey, validateRelaxedEnvVarName } from "../../../meta/names.ts";
import { ENV_FIELDS, validateFieldRef, validateResourceFieldRef } from "./downward-api.ts";
import { validateNoBacksteps } from "./volume-paths.ts";

const SOURCES =
  "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
const ONE_SOURCE = "may not have more than one field specified at a time";

/** (ValidateEnv of pkg/apis/core/validation) */
export function validateEnv(variables: readonly EnvVar[] = [], field: string): FieldError[] {
  return variables.flatMap(({ name = "", value, valueFrom }, i) => {
    const at = `${field}[${i}]`;
    const nameErrors = name
      ? invalidEach(name, validateRelaxedEnvVarName(name), `${at}.name`)
      : needed(name, `${at}.name`);
    return [...nameErrors, ...(valueFrom ? validateValueFrom(valueFrom, value, `${at}.valueFrom`) : [])];
  });
}

function validateValueFrom(source: EnvVarSource, value: string | undefined, field: string): FieldError[] {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  const errors: FieldError[] = [];
  if (fieldRef) errors.push(...validateFieldRef(fieldRef, ENV_FIELDS, `${field}.fieldRef`));
  if (resourceFieldRef) errors.push(...validateResourceFieldRef(resourceFieldRef, `${field}.resourceFieldRef`, false));
  if (configMapKeyRef) errors.push(...validateKeyRef(configMapKeyRef, `${field}.configMapKeyRef`));
  if (secretKeyRef) errors.push(...validateKeyRef(secretKeyRef, `${field}.secretKeyRef`));
  if (fileKeyRef) {
    const { key = "", volumeName = "", path = "" } = fileKeyRef;
    const at = `${field}.fileKeyRef`;
    errors.push(
      ...(key ? invalidEach(key, validateRelaxedEnvVarName(key), `${at}.key`) : needed(key, `${at}.key`)),
      ...(volumeName ? dnsLabel(volumeName, `${at}.volumeName`) : needed(volumeName, `${at}.volumeName`)),
      ...(path ? validateNoBacksteps(path, `${at}.path`) : needed(path, `${at}.path`)),
    );
  }
  const sources = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef].filter(Boolean).length;
  if (sources === 0) errors.push(fieldInvalid(field, "", SOURCES));
  else if (value) errors.push(fieldInvalid(field, "", "may not be specified when `value` is not empty"));
  else if (sources > 1) errors.push(fieldInvalid(field, "", ONE_SOURCE));
  return errors;
}

/** Of a ConfigMap or a Secret. */
function validateKeyRef({ name = "", key = "" }: { name?: string; key?: string }, field: string): FieldError[] {
  const keyErrors = key ? invalidEach(key, validateConfigMapKey(key), `${field}.key`) : needed(key, `${field}.key`);
  return [...dnsSubdomain(name, `${field}.name`), ...keyErrors];
}

/** (ValidateEnvFrom) */
export function validateEnvFrom(sources: readonly EnvFromSource[] = [], field: string): FieldError[] {
  return sources.flatMap(({ prefix, configMapRef, secretRef }, i) => {
    const at = `${field}[${i}]`;
    const errors = prefix ? invalidEach(prefix, validateRelaxedEnvVarName(prefix), `${at}.prefix`) : [];
    for (const [member, ref] of Object.entries({ configMapRef, secretRef })) {
      if (!ref) continue;
      const { name = "" } = ref;
      // Upstream checks it as if something were to be added to it.
      const wrong = name ? invalidEach(name, nameIsDNSSubdomain(name, true), `${at}.${member}.name`) : undefined;
      errors.push(...(wrong ?? needed(name, `${at}.${member}.name`)));
    }
    if (!configMapRef && !secretRef) {
      errors.push(fieldInvalid(field, "", "must specify one of: `configMapRef` or `secretRef`"));
    } else if (configMapRef && secretRef) errors.push(fieldInvalid(field, "", ONE_SOURCE));
    return errors;
  });
}
