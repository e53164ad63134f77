import { forbidden as forbiddenError, type StatusCause, StatusError } from "../meta/errors.ts";
import { aggregateMessages } from "./aggregate.ts";
import type { AdmissionAttributes } from "./plugin.ts";

/** 403 of an admission plugin. An object without a name is called by its generateName. (apiserver/pkg/admission/errors.go) */
export function forbidden(
  attributes: AdmissionAttributes,
  message: string | readonly string[],
  causes?: StatusCause[],
): StatusError {
  const { group, resource, name, object } = attributes;
  const called = name || object?.metadata?.name || object?.metadata?.generateName || "Unknown";
  const text = typeof message === "string" ? message : aggregateMessages(message);
  const error = forbiddenError({ group, resource }, called, text);
  if (!causes) return error;
  return new StatusError(error.code, error.reason, error.message, { ...error.details, causes });
}
