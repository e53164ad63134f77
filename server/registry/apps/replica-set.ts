import type { ReplicaSet } from "../../../openapi/api/apps.v1.ts";
import { defaultPodTemplate } from "../core/pod/defaults.ts";
import { dropDisabledTemplate } from "../core/pod/disabled-fields.ts";
import { defineKind } from "../kind.ts";
import { bumpGeneration, restore, status } from "../subresources.ts";

/** ReplicaSet, apps/v1. Follows pkg/registry/apps/replicaset and pkg/apis/apps/{v1,validation}. */
export const replicaSet = defineKind<ReplicaSet>({
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  defaults({ spec }) {
    spec.replicas ??= 1;
    defaultPodTemplate(spec.template);
  },
  prepareForCreate(obj) {
    obj.status = { replicas: 0 };
    obj.metadata.generation = 1;
    dropDisabledTemplate(obj.spec.template, undefined);
  },
  prepareForUpdate(obj, old) {
    restore(obj, old, "status");
    dropDisabledTemplate(obj.spec.template, old.spec.template);
    bumpGeneration(obj, old);
  },
  selectableFields: ({ status }) => ({ "status.replicas": String(status.replicas ?? 0) }),
  subresources: { status: { verbs: ["get", "patch", "update"], ...status<ReplicaSet>() } },
});
