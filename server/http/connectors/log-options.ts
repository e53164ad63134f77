import { badRequest, invalid } from "../../meta/errors.ts";
import { type FieldError, fieldForbidden, fieldInvalid } from "../../meta/field-error.ts";
import { goQuote } from "../../meta/go-quote.ts";
import { rfc3339 } from "../../meta/time.ts";
import { optionalBool, optionalInt } from "../query.ts";

/** core/v1 PodLogOptions, checked; without `stream`, which is an alpha feature and off. */
export interface LogOptions {
  readonly container: string;
  readonly follow: boolean;
  readonly insecureSkipTlsVerifyBackend: boolean;
  /** What kubelet is asked: its own spelling of the options. */
  readonly query: string;
}

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** @throws StatusError 400, 422 (core/validation ValidatePodLogOptions) */
export function logOptions(query: URLSearchParams, podName: string): LogOptions {
  const tailLines = optionalInt(query, "tailLines");
  const limitBytes = optionalInt(query, "limitBytes");
  const sinceSeconds = optionalInt(query, "sinceSeconds");
  const sinceTime = optionalTime(query, "sinceTime");
  const errors: FieldError[] = [];
  if (tailLines !== undefined && tailLines < 0) {
    errors.push(fieldInvalid("tailLines", tailLines, "must be greater than or equal to 0"));
  }
  if (limitBytes !== undefined && limitBytes < 1) {
    errors.push(fieldInvalid("limitBytes", limitBytes, "must be greater than 0"));
  }
  if (sinceSeconds !== undefined && sinceTime) {
    errors.push(fieldForbidden("[]", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) {
    errors.push(fieldInvalid("sinceSeconds", sinceSeconds, "must be greater than 0"));
  }
  if (query.has("stream")) errors.push(fieldForbidden("stream", "may not be specified"));
  if (errors.length > 0) throw invalid({ group: "", kind: "PodLogOptions" }, podName, errors);
  const is = (name: string) => optionalBool(query, name) === true;
  const parameters = new URLSearchParams();
  for (const name of ["follow", "previous", "timestamps"]) if (is(name)) parameters.set(name, "true");
  if (sinceSeconds !== undefined) parameters.set("sinceSeconds", String(sinceSeconds));
  if (sinceTime) parameters.set("sinceTime", sinceTime);
  if (tailLines !== undefined) parameters.set("tailLines", String(tailLines));
  if (limitBytes !== undefined) parameters.set("limitBytes", String(limitBytes));
  parameters.sort();
  return {
    container: query.get("container") ?? "",
    follow: is("follow"),
    insecureSkipTlsVerifyBackend: is("insecureSkipTLSVerifyBackend"),
    query: parameters.toString(),
  };
}

/** Whole seconds, as upstream passes them on. */
function optionalTime(query: URLSearchParams, name: string): string | undefined {
  const value = query.get(name);
  if (!value || value === "null") return undefined;
  if (RFC3339.test(value) && !Number.isNaN(Date.parse(value))) return rfc3339(new Date(value));
  const layout = "2006-01-02T15:04:05Z07:00";
  throw badRequest(`parsing time ${goQuote(value)} as ${goQuote(layout)}: cannot parse ${goQuote(value)} as "2006"`);
}
