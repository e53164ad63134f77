import type { Evaluation, PodSecurityObserver, Request } from "../admission/plugins/pod-security/observer.ts";
import { VERSION } from "./routes/version.ts";
import { Series } from "./series.ts";

const REQUEST = ["request_operation", "resource", "subresource"];

/** What Pod Security Standards decide, and how often. (pod-security-admission/metrics) */
export class PodSecurityMetrics implements PodSecurityObserver {
  readonly #evaluations = new Series(
    "pod_security_evaluations_total",
    "counter",
    "[ALPHA] Number of policy evaluations that occurred, not counting ignored or exempt requests.",
    ["decision", "policy_level", "policy_version", "mode", ...REQUEST],
  );
  readonly #errors = new Series(
    "pod_security_errors_total",
    "counter",
    "[ALPHA] Number of errors preventing normal evaluation. Non-fatal errors may result in the latest restricted profile being used for evaluation.",
    ["fatal", ...REQUEST],
  );
  readonly series: readonly Series[] = [this.#evaluations, this.#errors];

  evaluated({ decision, policy: { level, minor }, mode }: Evaluation, request: Request): void {
    // Privileged asks for the same in all versions.
    const isLatest = minor === Number.POSITIVE_INFINITY || level === "privileged";
    const version = isLatest ? "latest" : minor > Number(VERSION.minor) ? "future" : `v1.${minor}`;
    this.#evaluations.add(`${decision}\0${level}\0${version}\0${mode}\0${labelsOf(request)}`, 1);
  }

  failed(isFatal: boolean, request: Request): void {
    this.#errors.add(`${isFatal}\0${labelsOf(request)}`, 1);
  }
}

function labelsOf({ operation, resource, subresource }: Request): string {
  const kind = resource === "pods" ? "pod" : resource === "namespaces" ? "namespace" : "controller";
  return `${operation.toLowerCase()}\0${kind}\0${subresource}`;
}
