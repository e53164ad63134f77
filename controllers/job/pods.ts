import type { Job } from "../../openapi/api/batch.v1.ts";
import type { Container, Pod } from "../../openapi/api/core.v1.ts";
import { isFinished, podFromTemplate } from "../pods.ts";
import { judgeFailure } from "./failure-policy.ts";
import { INDEX_ANNOTATION } from "./indexes.ts";

/** Keeps a finished Pod until it has been counted. */
export const TRACKING = "batch.kubernetes.io/job-tracking";
const FAILURES = "batch.kubernetes.io/job-index-failure-count";
const IGNORED_FAILURES = "batch.kubernetes.io/job-index-ignored-failure-count";
/** A generated name has 63 characters, five of them random. */
const LONGEST_GENERATED = 58;

type AnyPod = Readonly<Pod>;
type AnyJob = Readonly<Job>;

export const isTracked = ({ metadata }: AnyPod): boolean => !!metadata.finalizers?.includes(TRACKING);
export const isIndexed = ({ spec }: AnyJob): boolean => spec.completionMode === "Indexed";
export const hasLimitPerIndex = ({ spec }: AnyJob): boolean => spec.backoffLimitPerIndex !== undefined;

/** Whether a Pod being deleted is only replaced when it has ended. (onlyReplaceFailedPods) */
export const replacesOnlyFailed = ({ spec }: AnyJob): boolean =>
  spec.podReplacementPolicy === "Failed" || spec.podFailurePolicy !== undefined;

/** Failed, or being deleted where that counts: an orphan may never reach a phase. (isPodFailed) */
export function hasFailed(pod: AnyPod, job: AnyJob): boolean {
  if (isFinished(pod)) return pod.status.phase === "Failed";
  return !replacesOnlyFailed(job) && pod.metadata.deletionTimestamp !== undefined;
}

/** How often a Pod's index had failed when it was made. */
export const indexFailures = (pod: AnyPod): number => count(pod, FAILURES);
/** The same, with the failures that the policy ignored. */
export const allIndexFailures = (pod: AnyPod): number => count(pod, FAILURES) + count(pod, IGNORED_FAILURES);

function count({ metadata }: AnyPod, annotation: string): number {
  const value = metadata.annotations?.[annotation] ?? "";
  return /^\d{1,10}$/.test(value) && Number(value) < 2 ** 31 ? Number(value) : 0;
}

/** The next Pod of a Job. @param index of an indexed Job @param replaced the index's last failed Pod */
export function jobPod(job: AnyJob, index: number | undefined, replaced: AnyPod | undefined): Pod {
  const pod = podFromTemplate(job.spec.template, job);
  if (!pod.metadata.finalizers?.includes(TRACKING))
    pod.metadata.finalizers = [...(pod.metadata.finalizers ?? []), TRACKING];
  if (index === undefined) return pod;
  const name = job.metadata.name ?? "";
  pod.metadata.generateName = `${name.slice(0, LONGEST_GENERATED - `-${index}-`.length)}-${index}-`;
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [INDEX_ANNOTATION]: String(index),
    ...(hasLimitPerIndex(job) && failureAnnotations(job, replaced)),
  };
  pod.metadata.labels = { ...pod.metadata.labels, [INDEX_ANNOTATION]: String(index) };
  pod.spec.hostname = `${name}-${index}`;
  pod.spec.containers = pod.spec.containers?.map(withIndex);
  pod.spec.initContainers = pod.spec.initContainers?.map(withIndex);
  return pod;
}

function failureAnnotations(job: AnyJob, replaced: AnyPod | undefined): Record<string, string> {
  if (!replaced) return { [FAILURES]: "0" };
  const { counts } = judgeFailure(job, replaced);
  const ignored = count(replaced, IGNORED_FAILURES) + (counts ? 0 : 1);
  return {
    [FAILURES]: String(count(replaced, FAILURES) + (counts ? 1 : 0)),
    ...(ignored > 0 && { [IGNORED_FAILURES]: String(ignored) }),
  };
}

function withIndex(container: Container): Container {
  const name = "JOB_COMPLETION_INDEX";
  if (container.env?.some((variable) => variable.name === name)) return container;
  const fieldPath = `metadata.labels['${INDEX_ANNOTATION}']`;
  return { ...container, env: [...(container.env ?? []), { name, valueFrom: { fieldRef: { fieldPath } } }] };
}
