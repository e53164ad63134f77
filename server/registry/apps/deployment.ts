import type { Deployment } from "../../../openapi/api/apps.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { defaultPodTemplate } from "../core/pod/defaults.ts";
import { dropDisabledTemplate } from "../core/pod/disabled-fields.ts";
import { defineKind } from "../kind.ts";
import { restore, status } from "../subresources.ts";

/** Deployment, apps/v1. Follows pkg/registry/apps/deployment and pkg/apis/apps/{v1,validation}. */
export const deployment = defineKind<Deployment>({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  defaults({ spec }) {
    spec.replicas ??= 1;
    spec.strategy ??= {};
    spec.strategy.type ||= "RollingUpdate";
    if (spec.strategy.type === "RollingUpdate") {
      spec.strategy.rollingUpdate ??= {};
      spec.strategy.rollingUpdate.maxUnavailable ??= "25%";
      spec.strategy.rollingUpdate.maxSurge ??= "25%";
    }
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    defaultPodTemplate(spec.template);
  },
  prepareForCreate(obj) {
    obj.status = {};
    obj.metadata.generation = 1;
    dropDisabledTemplate(obj.spec.template, undefined);
  },
  prepareForUpdate(obj, old) {
    restore(obj, old, "status");
    dropDisabledTemplate(obj.spec.template, old.spec.template);
    // Annotations are copied to the ReplicaSets, so they count.
    const wish = ({ spec, metadata }: Deployment) => [spec, metadata.annotations];
    if (!semanticEqual(wish(obj), wish(old))) obj.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
  subresources: { status: { verbs: ["get", "patch", "update"], ...status<Deployment>({ keep: ["labels"] }) } },
});
