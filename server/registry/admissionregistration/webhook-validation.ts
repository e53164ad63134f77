import type {
  MutatingWebhook,
  ServiceReference,
  WebhookClientConfig,
} from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import { validateFullyQualifiedName } from "../../meta/domain-names.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { invalidEach, needed, oneOf } from "../../meta/field-checks.ts";
import {
  type FieldError,
  fieldDuplicate,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from "../../meta/field-error.ts";
import { hasInvalidLabelValue, validateLabelSelector } from "../../meta/label-validation.ts";
import { validateDNS1035Label, validateDNS1123Subdomain, validatePortNumber } from "../../meta/names.ts";
import { repeated } from "../../meta/repeated.ts";
import { urlProblem } from "../../meta/request-uri.ts";
import { type CheckExpression, validateMatchConditions } from "./expressions.ts";
import { validateRule } from "./rules.ts";

const FAILURE_POLICIES = ["Fail", "Ignore"];
const MATCH_POLICIES = ["Equivalent", "Exact"];
const REINVOCATION_POLICIES = ["IfNeeded", "Never"];
const NO_SIDE_EFFECTS = ["None", "NoneOnDryRun"];
const SIDE_EFFECTS = ["None", "NoneOnDryRun", "Some", "Unknown"];
const REVIEW_VERSIONS = ["v1", "v1beta1"];
const FORM = "; desired format: https://host[/path]";

/** A webhook of either sort; only mutating ones are reinvoked. */
export type Webhook = MutatingWebhook;

/** (pkg/apis/admissionregistration/v1/defaults.go) */
export function defaultWebhook(hook: Webhook): void {
  hook.failurePolicy ??= "Fail";
  hook.matchPolicy ??= "Equivalent";
  hook.namespaceSelector ??= {};
  hook.objectSelector ??= {};
  hook.timeoutSeconds ??= 10;
  for (const rule of hook.rules ?? []) rule.scope ??= "*";
  if (hook.clientConfig?.service) hook.clientConfig.service.port ??= 443;
}

/** What new webhooks must be, and old ones need not become by an update that does not touch it. */
interface Demands {
  readonly noSideEffects: boolean;
  readonly knownReviewVersion: boolean;
  readonly uniqueNames: boolean;
  readonly matchConditions: boolean;
  readonly invalidLabelValues: boolean;
}

function demandsOf(hooks: readonly Webhook[], old: readonly Webhook[] | undefined): Demands {
  const known = ({ admissionReviewVersions: versions = [] }: Webhook) =>
    versions.length === 0 || versions.some((version) => REVIEW_VERSIONS.includes(version));
  const before = old ?? [];
  return {
    noSideEffects: before.every(({ sideEffects }) => NO_SIDE_EFFECTS.includes(sideEffects ?? "")),
    knownReviewVersion: before.every(known),
    uniqueNames: new Set(before.map(({ name }) => name)).size === before.length,
    matchConditions:
      !old ||
      hooks.length !== before.length ||
      hooks.some(({ matchConditions }, index) => !semanticEqual(matchConditions, before[index]?.matchConditions)),
    invalidLabelValues: before.some(
      ({ namespaceSelector, objectSelector }) =>
        hasInvalidLabelValue(namespaceSelector) || hasInvalidLabelValue(objectSelector),
    ),
  };
}

/** (validateValidatingWebhookConfiguration and validateMutatingWebhookConfiguration) */
export function validateWebhooks(
  hooks: readonly Webhook[] = [],
  old: readonly Webhook[] | undefined,
  check: CheckExpression | undefined,
): FieldError[] {
  const demands = demandsOf(hooks, old);
  const repeats = repeated(hooks, ({ name }) => name);
  return hooks.flatMap((hook, index) => {
    const field = `webhooks[${index}]`;
    const isRepeated = hook.name && repeats.has(index);
    return [
      ...validateWebhook(hook, demands, { check, field }),
      ...validateReviewVersions(hook.admissionReviewVersions ?? [], demands, `${field}.admissionReviewVersions`),
      ...(demands.uniqueNames && isRepeated ? [fieldDuplicate(`${field}.name`, hook.name)] : []),
    ];
  });
}

function validateWebhook(
  hook: Webhook,
  demands: Demands,
  { check, field }: { check: CheckExpression | undefined; field: string },
): FieldError[] {
  const { timeoutSeconds: timeout, sideEffects, clientConfig } = hook;
  const allow = { invalidLabelValues: demands.invalidLabelValues };
  const harmless = demands.noSideEffects ? NO_SIDE_EFFECTS : SIDE_EFFECTS;
  const errors = [
    ...validateFullyQualifiedName(hook.name ?? "", `${field}.name`),
    ...(hook.rules ?? []).flatMap((rule, index) => validateRule(rule, `${field}.rules[${index}]`)),
    ...oneOf(hook.failurePolicy, FAILURE_POLICIES, `${field}.failurePolicy`),
    ...oneOf(hook.matchPolicy, MATCH_POLICIES, `${field}.matchPolicy`),
  ];
  if (sideEffects === undefined) {
    errors.push(fieldRequired(`${field}.sideEffects`, `must specify one of ${harmless.join(", ")}`));
  } else if (!harmless.includes(sideEffects)) {
    errors.push(fieldNotSupported(`${field}.sideEffects`, sideEffects, harmless));
  }
  if (timeout !== undefined && (timeout > 30 || timeout < 1)) {
    const detail = "the timeout value must be between 1 and 30 seconds";
    errors.push(fieldInvalid(`${field}.timeoutSeconds`, timeout, detail));
  }
  errors.push(
    ...validateLabelSelector(hook.namespaceSelector, allow, `${field}.namespaceSelector`),
    ...validateLabelSelector(hook.objectSelector, allow, `${field}.objectSelector`),
    ...oneOf(hook.reinvocationPolicy, REINVOCATION_POLICIES, `${field}.reinvocationPolicy`),
    ...validateClientConfig(clientConfig ?? {}, `${field}.clientConfig`),
  );
  if (!demands.matchConditions) return errors;
  const at = { check, field: `${field}.matchConditions` };
  return [...errors, ...validateMatchConditions(hook.matchConditions, false, at)];
}

function validateClientConfig({ url, service }: WebhookClientConfig, field: string): FieldError[] {
  if ((url === undefined) === (service === undefined)) {
    return [fieldRequired(field, "exactly one of url or service is required")];
  }
  return service ? validateService(service, `${field}.service`) : validateUrl(url ?? "", `${field}.url`);
}

/** (apiserver/pkg/util/webhook ValidateWebhookURL) */
export function validateUrl(text: string, field: string): FieldError[] {
  const problem = urlProblem(text);
  if (problem) return [fieldRequired(field, `url must be a valid URL: ${problem}${FORM}`)];
  // Read by hand: URL would correct what must be refused.
  const match = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?[^?#]*(?:\?([^#]*))?(?:#(.*))?$/.exec(text);
  const [, scheme = "", authority = "", query = "", fragment = ""] = match ?? [];
  const at = authority.lastIndexOf("@");
  const user = at < 0 ? undefined : authority.slice(0, at);
  const host = authority.slice(at + 1);
  const errors: FieldError[] = [];
  const wrong = (value: string, detail: string) => errors.push(fieldInvalid(field, value, detail));
  if (scheme.toLowerCase() !== "https") wrong(scheme.toLowerCase(), `'https' is the only allowed URL scheme${FORM}`);
  if (!host) wrong(host, `host must be specified${FORM}`);
  if (user !== undefined) wrong(user, "user information is not permitted in the URL");
  if (fragment) wrong(fragment, "fragments are not permitted in the URL");
  if (query) wrong(query, "query parameters are not permitted in the URL");
  return errors;
}

/** (ValidateWebhookService) */
export function validateService(
  { name, namespace, path = "", port = 0 }: ServiceReference,
  field: string,
): FieldError[] {
  const errors = [
    // Upstream hands name and namespace over in the wrong order: each is reported at the other's place.
    ...needed(namespace, `${field}.name`),
    ...needed(name, `${field}.namespace`),
    ...invalidEach(
      port,
      validatePortNumber(port).map((text) => `port is not valid: ${text}`),
      `${field}.port`,
    ),
  ];
  return [...errors, ...validatePath(path, `${field}.path`)];
}

function validatePath(path: string, field: string): FieldError[] {
  if (path === "" || path === "/") return [];
  if (path === "//") return [fieldInvalid(field, path, "segment[0] may not be empty")];
  const errors = path.startsWith("/") ? [] : [fieldInvalid(field, path, "must start with a '/'")];
  const steps = path.slice(1).replace(/\/$/, "").split("/");
  for (const [index, step] of steps.entries()) {
    if (!step) errors.push(fieldInvalid(field, path, `segment[${index}] may not be empty`));
    else
      errors.push(
        ...invalidEach(
          path,
          validateDNS1123Subdomain(step).map((text) => `segment[${index}]: ${text}`),
          field,
        ),
      );
  }
  return errors;
}

function validateReviewVersions(versions: readonly string[], demands: Demands, field: string): FieldError[] {
  const known = REVIEW_VERSIONS.join(", ");
  if (versions.length === 0) return [fieldRequired(field, `must specify one of ${known}`)];
  const errors = versions.flatMap((version, index) =>
    versions.indexOf(version) < index
      ? [fieldInvalid(`${field}[${index}]`, version, "duplicate version")]
      : invalidEach(version, validateDNS1035Label(version), `${field}[${index}]`),
  );
  if (demands.knownReviewVersion && !versions.some((version) => REVIEW_VERSIONS.includes(version))) {
    errors.push(fieldInvalid(field, versions, `must include at least one of ${known}`));
  }
  return errors;
}
