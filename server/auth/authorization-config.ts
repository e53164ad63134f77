import { statSync } from "node:fs";
import { isAbsolute } from "node:path";
import { durationMilliseconds } from "../meta/duration.ts";
import type { AuthorizationMode } from "./authorization.ts";

/** What says how to ask a webhook. Times in milliseconds. */
export interface WebhookConfiguration {
  readonly timeoutMilliseconds: number;
  readonly authorizedMilliseconds: number;
  readonly unauthorizedMilliseconds: number;
  readonly subjectAccessReviewVersion: "v1" | "v1beta1";
  readonly failurePolicy: "NoOpinion" | "Deny";
  readonly kubeConfigFile: string;
  /** CEL, over `request`. */
  readonly matchConditions: readonly string[];
}

export interface AuthorizerConfiguration {
  readonly type: AuthorizationMode;
  readonly name: string;
  /** Of type Webhook. */
  readonly webhook?: WebhookConfiguration;
}

const VERSIONS = ["v1", "v1beta1", "v1alpha1"].map((version) => `apiserver.config.k8s.io/${version}`);
const TYPES: readonly AuthorizationMode[] = ["AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"];
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const MAX_TIMEOUT_MILLISECONDS = 30_000;

/**
 * `--authorization-config`: the authorizers in the order of asking, of which there may be several webhooks.
 * (apiserver/pkg/apis/apiserver/validation ValidateAuthorizationConfiguration)
 * @param value the parsed YAML. @throws Error that names every field that is wrong
 */
export function readAuthorizationConfiguration(value: unknown): readonly AuthorizerConfiguration[] {
  const { kind, apiVersion, authorizers } = fields(value);
  if (kind !== "AuthorizationConfiguration" || !VERSIONS.includes(String(apiVersion))) {
    throw new Error(`no kind "${kind}" is registered for version "${apiVersion}"`);
  }
  const list = Array.isArray(authorizers) ? authorizers : [];
  const errors: string[] = [];
  if (list.length === 0) errors.push("authorizers: Required value: at least one authorization mode must be defined");
  const read = list.flatMap((entry, i) => readAuthorizer(fields(entry), `authorizers[${i}]`, errors) ?? []);
  for (const [i, { type, name }] of read.entries()) {
    const before = read.slice(0, i);
    if (type !== "Webhook" && before.some((each) => each.type === type)) {
      errors.push(`authorizers[${i}].type: Duplicate value: "${type}"`);
    }
    if (before.some((each) => each.name === name)) errors.push(`authorizers[${i}].name: Duplicate value: "${name}"`);
  }
  if (errors.length > 0) throw new Error(errors.join(", "));
  return read;
}

function readAuthorizer(
  entry: Record<string, unknown>,
  path: string,
  errors: string[],
): AuthorizerConfiguration | undefined {
  const { type, name = "", webhook } = entry;
  const known = TYPES.find((each) => each === type);
  if (!type) errors.push(`${path}.type: Required value`);
  else if (!known) errors.push(notSupported(`${path}.type`, type, TYPES));
  if (!known) return undefined;
  if (!name) errors.push(`${path}.name: Required value`);
  else if (typeof name !== "string" || !NAME.test(name)) {
    errors.push(
      `${path}.name: Invalid value: ${JSON.stringify(name)}: authorizer name is invalid: a lowercase RFC 1123 subdomain is needed`,
    );
  }
  const common = { type: known, name: String(name) };
  if (known === "Webhook") {
    if (webhook) return { ...common, webhook: readWebhook(fields(webhook), path, errors) };
    errors.push(`${path}.webhook: Required value: required when type=Webhook`);
  } else if (webhook) {
    errors.push(`${path}.webhook: Invalid value: "non-null": may only be specified when type=Webhook`);
  }
  return common;
}

function readWebhook(webhook: Record<string, unknown>, path: string, errors: string[]): WebhookConfiguration {
  const { subjectAccessReviewVersion: version, failurePolicy, matchConditions, connectionInfo } = webhook;
  const time = (name: string, defaultMilliseconds: number, most?: number) => {
    const text = webhook[name];
    const given = typeof text === "string" ? durationOf(text, `${path}.${name}`, errors) : 0;
    const milliseconds = given || defaultMilliseconds;
    if (milliseconds === 0) errors.push(`${path}.${name}: Required value`);
    else if (milliseconds < 0 || (most !== undefined && milliseconds > most)) {
      errors.push(`${path}.${name}: Invalid value: "${text}": must be > 0s${most === undefined ? "" : " and <= 30s"}`);
    }
    return milliseconds;
  };
  const choice = <T extends string>(name: string, given: unknown, all: readonly T[]): T => {
    const found = all.find((each) => each === given);
    if (!given) errors.push(`${path}.${name}: Required value`);
    else if (!found) errors.push(notSupported(`${path}.${name}`, given, all));
    return found ?? all[0]!; // an error was noted: the value is never used
  };
  const conditions = Array.isArray(matchConditions)
    ? matchConditions.map((each) => String(fields(each).expression ?? ""))
    : [];
  const conditionVersion = webhook.matchConditionSubjectAccessReviewVersion;
  if (!conditionVersion && conditions.length > 0) {
    errors.push(
      `${path}.matchConditionSubjectAccessReviewVersion: Required value: required if match conditions are specified`,
    );
  } else if (conditionVersion && conditionVersion !== "v1") {
    errors.push(notSupported(`${path}.matchConditionSubjectAccessReviewVersion`, conditionVersion, ["v1"]));
  }
  return {
    timeoutMilliseconds: time("timeout", 0, MAX_TIMEOUT_MILLISECONDS),
    authorizedMilliseconds: webhook.cacheAuthorizedRequests === false ? 0 : time("authorizedTTL", 5 * 60_000),
    unauthorizedMilliseconds: webhook.cacheUnauthorizedRequests === false ? 0 : time("unauthorizedTTL", 30_000),
    subjectAccessReviewVersion: choice("subjectAccessReviewVersion", version, ["v1", "v1beta1"]),
    failurePolicy: choice("failurePolicy", failurePolicy, ["NoOpinion", "Deny"]),
    kubeConfigFile: readConnection(fields(connectionInfo ?? {}), `${path}.connectionInfo`, errors),
    matchConditions: conditions,
  };
}

function readConnection({ type, kubeConfigFile }: Record<string, unknown>, path: string, errors: string[]): string {
  const at = `${path}.kubeConfigFile`;
  if (!type) errors.push(`${path}.type: Required value`);
  else if (type === "InClusterConfig")
    errors.push(`${path}.type: Invalid value: "InClusterConfig": this server runs outside of its cluster`);
  else if (type !== "KubeConfigFile")
    errors.push(notSupported(`${path}.type`, type, ["InClusterConfig", "KubeConfigFile"]));
  else if (typeof kubeConfigFile !== "string" || !kubeConfigFile) errors.push(`${at}: Required value`);
  else if (!isAbsolute(kubeConfigFile))
    errors.push(`${at}: Invalid value: "${kubeConfigFile}": must be an absolute path`);
  else if (!statSync(kubeConfigFile, { throwIfNoEntry: false })?.isFile()) {
    errors.push(`${at}: Invalid value: "${kubeConfigFile}": must be a regular file`);
  } else return kubeConfigFile;
  return "";
}

function durationOf(text: string, path: string, errors: string[]): number {
  try {
    return durationMilliseconds(text);
  } catch (error) {
    errors.push(`${path}: ${error instanceof Error ? error.message : error}`);
    return -1;
  }
}

function notSupported(path: string, value: unknown, all: readonly string[]): string {
  const supported = all.map((each) => JSON.stringify(each)).join(", ");
  return `${path}: Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`;
}

function fields(value: unknown): Record<string, unknown> {
  // Parsed YAML: what is no object has no fields.
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
