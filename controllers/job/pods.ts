import type { Job } from "../../openapi/api/batch.v1.ts";
import type { Container, Pod } from "../../openapi/api/core.v1.ts";
import { podFromTemplate } from "../pods.ts";
import { INDEX_ANNOTATION } from "./indexes.ts";

/** Keeps a finished Pod until it has been counted. */
export const TRACKING = "batch.kubernetes.io/job-tracking";

export const isTracked = ({ metadata }: Readonly<Pod>): boolean => !!metadata.finalizers?.includes(TRACKING);
export const isIndexed = ({ spec }: Readonly<Job>): boolean => spec.completionMode === "Indexed";

/** The next Pod of a Job, for one index when the Job has indexes. */
export function jobPod(job: Readonly<Job>, index: number | undefined): Pod {
  const pod = podFromTemplate(job.spec.template, job);
  pod.metadata.finalizers = [...(pod.metadata.finalizers ?? []), TRACKING];
  if (index === undefined) return pod;
  pod.metadata.generateName = `${job.metadata.name}-${index}-`;
  pod.metadata.annotations = { ...pod.metadata.annotations, [INDEX_ANNOTATION]: String(index) };
  pod.metadata.labels = { ...pod.metadata.labels, [INDEX_ANNOTATION]: String(index) };
  pod.spec.hostname = `${job.metadata.name}-${index}`;
  pod.spec.containers = pod.spec.containers?.map(withIndex);
  pod.spec.initContainers = pod.spec.initContainers?.map(withIndex);
  return pod;
}

function withIndex(container: Container): Container {
  const name = "JOB_COMPLETION_INDEX";
  if (container.env?.some((variable) => variable.name === name)) return container;
  const fieldPath = `metadata.labels['${INDEX_ANNOTATION}']`;
  return { ...container, env: [...(container.env ?? []), { name, valueFrom: { fieldRef: { fieldPath } } }] };
}

/** When a Pod's last container ended, in milliseconds; 0 when nothing says so. */
export function finishedAtMs({ status }: Readonly<Pod>): number {
  const times = (status.containerStatuses ?? []).map(
    ({ state }) => Date.parse(state?.terminated?.finishedAt ?? "") || 0,
  );
  return Math.max(0, ...times);
}
