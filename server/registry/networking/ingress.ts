import type { Ingress } from "../../../openapi/api/networking.k8s.io.v1.ts";
import { fieldInvalid } from "../../meta/field-error.ts";
import { validateIPForLegacyField, warningsForIP } from "../../meta/ip-validation.ts";
import { validateIngressHostname } from "../core/service/validation.ts";
import { defineKind } from "../kind.ts";
import { bumpGeneration, restore, status } from "../subresources.ts";
import { allowancesOf, validateIngressSpec } from "./ingress-validation.ts";

const CLASS = "kubernetes.io/ingress.class";

/** Ingress, networking.k8s.io/v1. Follows pkg/registry/networking/ingress and pkg/apis/networking/validation. */
export const ingress = defineKind<Ingress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "Ingress",
  prepareForCreate(object) {
    object.status = { loadBalancer: {} };
    object.metadata.generation = 1;
  },
  prepareForUpdate(object, old) {
    restore(object, old, "status");
    bumpGeneration(object, old);
  },
  validate({ metadata, spec }) {
    const errors = validateIngressSpec(spec, {});
    const annotation = metadata.annotations?.[CLASS];
    if (annotation === undefined || spec.ingressClassName === undefined || annotation === spec.ingressClassName)
      return errors;
    const detail = "must match `ingressClassName` when both are specified";
    return [...errors, fieldInvalid(`annotations.${CLASS}`, annotation, detail)];
  },
  updateChecks: ["changes", "whole", "own"],
  validateUpdate: ({ spec }, old) => validateIngressSpec(spec, allowancesOf(old.spec)),
  warnings: ({ metadata, spec }, old) =>
    !old && metadata.annotations?.[CLASS] !== undefined && spec.ingressClassName === undefined
      ? [`annotation "${CLASS}" is deprecated, please use 'spec.ingressClassName' instead`]
      : [],
  subresources: {
    status: {
      ...status<Ingress>(),
      verbs: ["get", "patch", "update"],
      validateUpdate(object, old) {
        const stored = (old.status.loadBalancer.ingress ?? []).flatMap(({ ip }) => (ip ? [ip] : []));
        return (object.status.loadBalancer.ingress ?? []).flatMap(({ ip, hostname }, index) => {
          const field = `status.loadBalancer.ingress[${index}]`;
          return [
            ...(ip ? validateIPForLegacyField(ip, `${field}.ip`, stored) : []),
            ...validateIngressHostname(hostname, `${field}.hostname`),
          ];
        });
      },
      warnings: (object) =>
        (object.status.loadBalancer.ingress ?? []).flatMap(({ ip }, index) =>
          ip ? warningsForIP(ip, `status.loadBalancer.ingress[${index}]`) : [],
        ),
    },
  },
});
