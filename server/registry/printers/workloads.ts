import type {
  ControllerRevision,
  DaemonSet,
  Deployment,
  ReplicaSet,
  StatefulSet,
} from "../../../openapi/api/apps.v1.ts";
import type { HorizontalPodAutoscaler as OldAutoscaler } from "../../../openapi/api/autoscaling.v1.ts";
import type { HorizontalPodAutoscaler } from "../../../openapi/api/autoscaling.v2.ts";
import type { CronJob, Job } from "../../../openapi/api/batch.v1.ts";
import type { PodDisruptionBudget } from "../../../openapi/api/policy.v1.ts";
import { humanDuration } from "../../meta/duration.ts";
import { formatLabelSelector, labelSelectorFrom } from "../../meta/labels.ts";
import { timeOf } from "../../meta/time.ts";
import { autoscalerTargets } from "./autoscaler-targets.ts";
import { containerImages, containerNames, formatLabels, type Printers, since } from "./cells.ts";

export const workloadPrinters: Printers = {
  "apps/controllerrevisions": {
    Controller: ({ metadata }: ControllerRevision) => {
      const owner = metadata?.ownerReferences?.find(({ controller }) => controller);
      if (!owner) return "<none>";
      const [, group] = owner.apiVersion.includes("/") ? ["", owner.apiVersion.split("/")[0]] : [];
      return `${`${owner.kind}${group ? `.${group}` : ""}`.toLowerCase()}/${owner.name}`;
    },
    Revision: ({ revision }: ControllerRevision) => revision,
  },
  "apps/daemonsets": {
    Desired: ({ status }: DaemonSet) => status?.desiredNumberScheduled ?? 0,
    Current: ({ status }: DaemonSet) => status?.currentNumberScheduled ?? 0,
    Ready: ({ status }: DaemonSet) => status?.numberReady ?? 0,
    "Up-to-date": ({ status }: DaemonSet) => status?.updatedNumberScheduled ?? 0,
    Available: ({ status }: DaemonSet) => status?.numberAvailable ?? 0,
    "Node Selector": ({ spec }: DaemonSet) => formatLabels(spec?.template?.spec?.nodeSelector),
    Containers: ({ spec }: DaemonSet) => containerNames(spec?.template?.spec?.containers),
    Images: ({ spec }: DaemonSet) => containerImages(spec?.template?.spec?.containers),
    Selector: ({ spec }: DaemonSet) => formatLabelSelector(spec?.selector),
  },
  "apps/deployments": {
    Ready: ({ spec, status }: Deployment) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    "Up-to-date": ({ status }: Deployment) => status?.updatedReplicas ?? 0,
    Available: ({ status }: Deployment) => status?.availableReplicas ?? 0,
    Containers: ({ spec }: Deployment) => containerNames(spec?.template?.spec?.containers),
    Images: ({ spec }: Deployment) => containerImages(spec?.template?.spec?.containers),
    Selector: ({ spec }: Deployment) => {
      try {
        return labelSelectorFrom(spec?.selector).toString();
      } catch {
        return "<invalid>";
      }
    },
  },
  "apps/replicasets": {
    Desired: ({ spec }: ReplicaSet) => spec?.replicas ?? 0,
    Current: ({ status }: ReplicaSet) => status?.replicas ?? 0,
    Ready: ({ status }: ReplicaSet) => status?.readyReplicas ?? 0,
    Containers: ({ spec }: ReplicaSet) => containerNames(spec?.template?.spec?.containers),
    Images: ({ spec }: ReplicaSet) => containerImages(spec?.template?.spec?.containers),
    Selector: ({ spec }: ReplicaSet) => formatLabelSelector(spec?.selector),
  },
  "apps/statefulsets": {
    Ready: ({ spec, status }: StatefulSet) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    Containers: ({ spec }: StatefulSet) => containerNames(spec?.template?.spec?.containers),
    Images: ({ spec }: StatefulSet) => containerImages(spec?.template?.spec?.containers),
  },
  "batch/jobs": {
    Status: jobStatus,
    Completions: jobCompletions,
    Duration: ({ status }: Job, now) => {
      if (!status?.startTime) return "";
      const end = status.completionTime ? timeOf(status.completionTime) : now.getTime();
      return humanDuration(end - timeOf(status.startTime));
    },
    Containers: ({ spec }: Job) => containerNames(spec?.template?.spec?.containers),
    Images: ({ spec }: Job) => containerImages(spec?.template?.spec?.containers),
    Selector: ({ spec }: Job) => formatLabelSelector(spec?.selector),
  },
  "batch/cronjobs": {
    Schedule: ({ spec }: CronJob) => spec?.schedule ?? "",
    Timezone: ({ spec }: CronJob) => spec?.timeZone ?? "<none>",
    Suspend: ({ spec }: CronJob) => (spec?.suspend === undefined ? "<unset>" : spec.suspend ? "True" : "False"),
    Active: ({ status }: CronJob) => status?.active?.length ?? 0,
    "Last Schedule": ({ status }: CronJob, now) =>
      status?.lastScheduleTime ? since(status.lastScheduleTime, now) : "<none>",
    Containers: ({ spec }: CronJob) => containerNames(spec?.jobTemplate?.spec?.template?.spec?.containers),
    Images: ({ spec }: CronJob) => containerImages(spec?.jobTemplate?.spec?.template?.spec?.containers),
    Selector: ({ spec }: CronJob) => formatLabelSelector(spec?.jobTemplate?.spec?.selector),
  },
  "autoscaling/horizontalpodautoscalers": {
    Reference: ({ spec }: HorizontalPodAutoscaler) => `${spec?.scaleTargetRef.kind}/${spec?.scaleTargetRef.name}`,
    Targets: (object: HorizontalPodAutoscaler | OldAutoscaler) => autoscalerTargets(object),
    MinPods: ({ spec }: HorizontalPodAutoscaler) => String(spec?.minReplicas ?? "<unset>"),
    MaxPods: ({ spec }: HorizontalPodAutoscaler) => spec?.maxReplicas ?? 0,
    Replicas: ({ status }: HorizontalPodAutoscaler) => status?.currentReplicas ?? 0,
  },
  "policy/poddisruptionbudgets": {
    "Min Available": ({ spec }: PodDisruptionBudget) => String(spec?.minAvailable ?? "N/A"),
    "Max Unavailable": ({ spec }: PodDisruptionBudget) => String(spec?.maxUnavailable ?? "N/A"),
    "Allowed Disruptions": ({ status }: PodDisruptionBudget) => status?.disruptionsAllowed ?? 0,
  },
};

function jobStatus({ metadata, status }: Job): string {
  const has = (wanted: string) => status?.conditions?.some((c) => c.type === wanted && c.status === "True");
  if (has("Complete")) return "Complete";
  if (has("Failed")) return "Failed";
  if (metadata?.deletionTimestamp) return "Terminating";
  return ["Suspended", "FailureTarget", "SuccessCriteriaMet"].find(has) ?? "Running";
}

function jobCompletions({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}
