import type { AdmissionObserver, Recorder, WebhookCall, WebhookOutcome } from "../admission/observer.ts";
import { Series } from "./series.ts";

const BUCKETS = [0.005, 0.025, 0.1, 0.5, 1, 2.5];
const PREFIX = "apiserver_admission_";
/** Webhooks may answer any code; what is above is counted as this. */
const MAX_CODE = 600;

const histogram = (name: string, help: string, labels: readonly string[], buckets = BUCKETS) =>
  new Series(`${PREFIX}${name}`, "histogram", help, labels, buckets);
const counter = (name: string, help: string, labels: readonly string[]) =>
  new Series(`${PREFIX}${name}`, "counter", help, labels);

function recorder(series: Series, key: string): Recorder {
  const [accepted, rejected] = [`${key}\0false`, `${key}\0true`];
  return (seconds, isRejected) => series.observe(isRejected ? rejected : accepted, seconds);
}

/** Upstream's metrics of admission. (apiserver/pkg/admission/metrics/metrics.go) */
export class AdmissionMetrics implements AdmissionObserver {
  readonly #steps = histogram(
    "step_admission_duration_seconds",
    "[STABLE] Admission sub-step latency histogram in seconds, broken out for each operation and API resource and step type (validate or admit).",
    ["type", "operation", "rejected"],
  );
  readonly #plugins = histogram(
    "controller_admission_duration_seconds",
    "[STABLE] Admission controller latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).",
    ["name", "type", "operation", "rejected"],
  );
  readonly #webhooks = histogram(
    "webhook_admission_duration_seconds",
    "[STABLE] Admission webhook latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).",
    ["name", "type", "operation", "rejected"],
    [...BUCKETS, 10, 25],
  );
  readonly #requests = counter(
    "webhook_request_total",
    "[ALPHA] Admission webhook request total, identified by name and broken out for each admission type (validating or admit) and operation. Additional labels specify whether the request was rejected or not and an HTTP status code. Codes greater than 600 are truncated to 600, to keep the metrics cardinality bounded.",
    ["name", "type", "operation", "code", "rejected"],
  );
  readonly #rejections = counter(
    "webhook_rejection_count",
    "[ALPHA] Admission webhook rejection count, identified by name and broken out for each admission type (validating or admit) and operation. Additional labels specify an error type (calling_webhook_error or apiserver_internal_error if an error occurred; no_error otherwise) and optionally a non-zero rejection code if the webhook rejects the request with an HTTP status code (honored by the apiserver when the code is greater or equal to 400). Codes greater than 600 are truncated to 600, to keep the metrics cardinality bounded.",
    ["name", "type", "operation", "error_type", "rejection_code"],
  );
  readonly #failOpen = counter(
    "webhook_fail_open_count",
    "Admission webhook fail open count, identified by name and broken out for each admission type (validating or admit).",
    ["name", "type"],
  );
  readonly series: readonly Series[] = [
    this.#steps,
    this.#plugins,
    this.#webhooks,
    this.#requests,
    this.#rejections,
    this.#failOpen,
  ];
  readonly clock: () => number;

  /** @param clock gives seconds since some moment */
  constructor(clock: () => number) {
    this.clock = clock;
  }

  plugin(name: string, phase: string, operation: string): Recorder {
    return recorder(this.#plugins, `${name}\0${phase}\0${operation}`);
  }

  step(phase: string, operation: string): Recorder {
    return recorder(this.#steps, `${phase}\0${operation}`);
  }

  webhook({ name, type, operation }: WebhookCall, seconds: number, outcome: WebhookOutcome): void {
    const { errorType } = outcome;
    const code = Math.min(outcome.code, MAX_CODE);
    const key = `${name}\0${type}\0${operation}`;
    const isRejected = errorType !== undefined;
    this.#webhooks.observe(`${key}\0${isRejected}`, seconds);
    this.#requests.add(`${key}\0${code}\0${isRejected}`, 1);
    if (isRejected) this.#rejections.add(`${key}\0${errorType}\0${code}`, 1);
  }

  failOpen({ name, type }: WebhookCall): void {
    this.#failOpen.add(`${name}\0${type}`, 1);
  }
}
