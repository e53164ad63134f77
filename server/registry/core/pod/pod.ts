import type { Pod } from "../../../../openapi/api/core.v1.ts";
import { warningsForIP } from "../../../meta/ip-validation.ts";
import { defineKind } from "../../kind.ts";
import { bind } from "./binding.ts";
import { defaultPod, defaultPodResources } from "./defaults.ts";
import { evict } from "./eviction.ts";
import {
  prepareForCreate,
  prepareForEphemeralContainers,
  prepareForResize,
  prepareForStatusUpdate,
  prepareForUpdate,
} from "./prepare.ts";
import { validateResize } from "./resize-validation.ts";
import { validateStatusUpdate } from "./status-validation.ts";
import { validateEphemeralContainersUpdate, validatePodUpdate } from "./update-validation.ts";
import { validatePod } from "./validation.ts";
import { podWarnings, warnOfName } from "./warnings.ts";

/** Phases after which nothing happens any more. */
const FINISHED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    Succeeded: "The pod has completed successfully.",
    Failed: "The pod failed.",
  }),
);

/** Pod, v1. Follows pkg/registry/core/pod, pkg/apis/core/{v1,validation} and pkg/api/pod. */
export const pod = defineKind<Pod>({
  group: "",
  version: "v1",
  kind: "Pod",
  defaults: defaultPod,
  prepareForCreate: (obj, { now, warn }) => prepareForCreate(obj, now, warn),
  prepareForUpdate,
  validate: validatePod,
  updateChecks: ["changes", "whole", "own"],
  validateUpdate: validatePodUpdate,
  // As it is when it is read again: admission may have given its containers resources.
  canonicalize: ({ spec }) => spec && defaultPodResources(spec),
  returnsDeletedObject: true,
  // Programs update Pods, people seldom do: upstream spares itself the work then.
  warnings: ({ metadata, spec }, old) =>
    old ? [] : [...warnOfName(metadata.name, "the Pod's hostname"), ...podWarnings(spec ?? {}, metadata, "")],
  gracePeriodSeconds: ({ spec, status }, requested) => {
    // Nothing runs yet, or any more: nobody needs time.
    if (!spec?.nodeName || status?.phase === "Failed" || status?.phase === "Succeeded") return 0;
    const seconds = requested ?? spec.terminationGracePeriodSeconds ?? 0;
    return seconds < 0 ? 1 : seconds;
  },
  rowConditions: ({ status }) => {
    const message = FINISHED.get(status?.phase ?? "");
    return message ? [{ type: "Completed", status: "True", reason: status?.phase ?? "", message }] : [];
  },
  selectableFields: ({ spec, status }) => ({
    "spec.nodeName": spec?.nodeName ?? "",
    "spec.restartPolicy": spec?.restartPolicy ?? "",
    "spec.schedulerName": spec?.schedulerName ?? "",
    "spec.serviceAccountName": spec?.serviceAccountName ?? "",
    "spec.hostNetwork": String(spec?.hostNetwork ?? false),
    "status.phase": status?.phase ?? "",
    "status.podIP": status?.podIPs?.[0]?.ip ?? "",
    "status.nominatedNodeName": status?.nominatedNodeName ?? "",
  }),
  subresources: {
    status: {
      verbs: ["get", "patch", "update"],
      prepareForUpdate: prepareForStatusUpdate,
      validateUpdate: validateStatusUpdate,
      warnings: ({ status }) => [
        ...(status?.podIPs ?? []).flatMap(({ ip }, i) => warningsForIP(ip, `status.podIPs[${i}].ip`)),
        ...(status?.hostIPs ?? []).flatMap(({ ip }, i) => warningsForIP(ip, `status.hostIPs[${i}].ip`)),
      ],
    },
    ephemeralcontainers: {
      verbs: ["get", "patch", "update"],
      hasTable: false,
      prepareForUpdate: prepareForEphemeralContainers,
      validateUpdate: validateEphemeralContainersUpdate,
    },
    resize: {
      verbs: ["get", "patch", "update"],
      hasTable: false,
      prepareForUpdate: prepareForResize,
      validateUpdate: validateResize,
    },
    binding: { verbs: ["create"], create: bind, keepsSystemFields: true },
    eviction: { verbs: ["create"], create: evict, acceptedVersions: ["policy/v1beta1"] },
  },
});
