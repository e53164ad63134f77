import type { Container, LifecycleHandler, PodSpec, Probe } from "../../../../openapi/api/core.v1.ts";
import { invalidEach, needed, oneOf } from "../../../meta/field-checks.ts";
import { type FieldError, fieldForbidden, fieldInvalid, fieldRequired } from "../../../meta/field-error.ts";
import { validateHTTPHeaderName, validatePortName, validatePortNumber } from "../../../meta/names.ts";
import { validateNonNegative } from "../../../meta/object-meta.ts";

/** A probe's and a hook's way to act. */
type Handler = Pick<Probe, "exec" | "httpGet" | "tcpSocket" | "grpc"> & Pick<LifecycleHandler, "sleep">;

/** The three probes of a container that may have them. (validateLivenessProbe and its siblings) */
export function validateProbes(container: Container, gracePeriod: number | undefined, field: string): FieldError[] {
  const { livenessProbe, readinessProbe, startupProbe } = container;
  return [
    ...validateProbe(livenessProbe, gracePeriod, `${field}.livenessProbe`),
    ...validateSuccessThreshold(livenessProbe, `${field}.livenessProbe`),
    ...validateProbe(readinessProbe, gracePeriod, `${field}.readinessProbe`),
    ...(readinessProbe?.terminationGracePeriodSeconds === undefined
      ? []
      : [
          fieldInvalid(
            `${field}.readinessProbe.terminationGracePeriodSeconds`,
            readinessProbe.terminationGracePeriodSeconds,
            "must not be set for readinessProbes",
          ),
        ]),
    ...validateProbe(startupProbe, gracePeriod, `${field}.startupProbe`),
    ...validateSuccessThreshold(startupProbe, `${field}.startupProbe`),
  ];
}

function validateSuccessThreshold(probe: Probe | undefined, field: string): FieldError[] {
  if (!probe || probe.successThreshold === 1) return [];
  return [fieldInvalid(`${field}.successThreshold`, probe.successThreshold ?? 0, "must be 1")];
}

function validateProbe(probe: Probe | undefined, gracePeriod: number | undefined, field: string): FieldError[] {
  if (!probe) return [];
  const { terminationGracePeriodSeconds: ownGrace } = probe;
  const counts = [
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
  ] as const;
  const errors = [
    ...validateHandler(probe, gracePeriod, field),
    ...counts.flatMap((member) => validateNonNegative(probe[member] ?? 0, `${field}.${member}`)),
  ];
  if (ownGrace !== undefined && ownGrace <= 0) {
    errors.push(fieldInvalid(`${field}.terminationGracePeriodSeconds`, ownGrace, "must be greater than 0"));
  }
  return errors;
}

/** (validateLifecycle of pkg/apis/core/validation) */
export function validateLifecycle(
  { lifecycle }: Container,
  { gracePeriod, os }: { gracePeriod: number | undefined; os: PodSpec["os"] },
  field: string,
): FieldError[] {
  if (!lifecycle) return [];
  const { postStart, preStop, stopSignal } = lifecycle;
  return [
    ...(postStart ? validateHandler(postStart, gracePeriod, `${field}.postStart`) : []),
    ...(preStop ? validateHandler(preStop, gracePeriod, `${field}.preStop`) : []),
    // Only objects that were stored with the feature gate on have one.
    ...(stopSignal !== undefined && !os
      ? [fieldForbidden(`${field}.stopSignal`, "may not be set for containers with empty `spec.os.name`")]
      : []),
  ];
}

/** Exactly one way; what comes after the first is not looked at. (validateHandler) */
function validateHandler(handler: Handler, gracePeriod: number | undefined, field: string): FieldError[] {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  const ways: [string, FieldError[] | undefined][] = [
    ["exec", exec && needed(exec.command?.length, `${field}.exec.command`)],
    ["httpGet", httpGet && validateHttpGet(httpGet, `${field}.httpGet`)],
    ["tcpSocket", tcpSocket && validatePort(tcpSocket.port, `${field}.tcpSocket.port`)],
    ["grpc", grpc && validatePort(grpc.port, `${field}.grpc.port`)],
    ["sleep", sleep && validateSleep(sleep.seconds, gracePeriod, `${field}.sleep`)],
  ];
  const given = ways.filter(([, errors]) => errors);
  if (given.length === 0) return [fieldRequired(field, "must specify a handler type")];
  return given.flatMap(([way, errors = []], i) =>
    i === 0 ? errors : [fieldForbidden(`${field}.${way}`, "may not specify more than 1 handler type")],
  );
}

function validateHttpGet(get: NonNullable<Handler["httpGet"]>, field: string): FieldError[] {
  const headers = (get.httpHeaders ?? []).flatMap(({ name = "" }) =>
    invalidEach(name, validateHTTPHeaderName(name), `${field}.httpHeaders`),
  );
  return [
    ...needed(get.path, `${field}.path`),
    ...validatePort(get.port, `${field}.port`),
    ...oneOf(get.scheme ?? "", ["HTTP", "HTTPS"], `${field}.scheme`),
    ...headers,
  ];
}

/** A number or a name. (ValidatePortNumOrName) */
function validatePort(port: number | string | undefined, field: string): FieldError[] {
  const value = port ?? 0;
  return invalidEach(value, typeof value === "number" ? validatePortNumber(value) : validatePortName(value), field);
}

function validateSleep(seconds: number, gracePeriod: number | undefined, field: string): FieldError[] {
  if (gracePeriod === undefined || (seconds >= 0 && seconds <= gracePeriod)) return [];
  const detail = `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`;
  return [fieldInvalid(field, seconds, detail)];
}
