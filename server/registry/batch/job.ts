import type { Job, JobSpec } from "../../../openapi/api/batch.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { defaultPodTemplate } from "../core/pod/defaults.ts";
import { dropDisabledTemplate } from "../core/pod/disabled-fields.ts";
import { templateWarnings, warnOfName } from "../core/pod/warnings.ts";
import { defineKind, type RequestContext } from "../kind.ts";
import type { DeleteOptions } from "../store.ts";
import { bumpGeneration, restore, status } from "../subresources.ts";
import { validateJobStatus } from "./job-status-validation.ts";
import { validateJob, validateJobAgain, validateJobUpdate } from "./job-update-validation.ts";

const MAX_INT32 = 2 ** 31 - 1;
const MANY_COMPLETIONS = 100_000;
const MANY_AT_ONCE = 10_000;
const ORPHANS =
  "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning";

/** Of what a client gets who says nothing. */
function warnOfOrphans({ warn }: RequestContext, { propagationPolicy, orphanDependents }: DeleteOptions): void {
  if (propagationPolicy === undefined && orphanDependents === undefined) warn(ORPHANS);
}

/** Job, batch/v1. Follows pkg/registry/batch/job and pkg/apis/batch/{v1,validation}. */
export const job = defineKind<Job>({
  group: "batch",
  version: "v1",
  kind: "Job",
  defaults(obj) {
    defaultJobSpec(obj.spec);
    defaultLabels(obj);
  },
  garbageCollection: "orphan",
  beforeDelete: (_name, context, options) => warnOfOrphans(context, options),
  beforeDeleteCollection: warnOfOrphans,
  prepareForCreate(obj) {
    const { metadata, spec } = obj;
    // Defaulting shares one map between both: what is generated into one shows in the other.
    const inherits = metadata.labels !== undefined && semanticEqual(metadata.labels, spec.template.metadata?.labels);
    if (!spec.manualSelector) generateSelector(obj);
    if (inherits && spec.template.metadata?.labels) metadata.labels = { ...spec.template.metadata.labels };
    obj.status = {};
    obj.metadata.generation = 1;
    dropDisabledTemplate(obj.spec.template, undefined);
  },
  prepareForUpdate(obj, old) {
    restore(obj, old, "status");
    dropDisabledTemplate(obj.spec.template, old.spec.template);
    bumpGeneration(obj, old);
  },
  validate: (obj, _context, old) => (old ? validateJobAgain(obj, old) : validateJob(obj, {}, true)),
  updateChecks: ["whole", "validate", "changes", "own"],
  validateUpdate: validateJobUpdate,
  canonicalize: defaultLabels, // as it is when it is read again
  rewrittenByFirstUpdate: hasGeneratedLabelsOnly,
  warnings: ({ metadata, spec }, old) => {
    if (old && metadata.generation === old.metadata.generation) return [];
    const ofName = old ? [] : warnOfName(metadata.name, "Pod names and hostnames");
    return [...ofName, ...jobWarnings(spec, "spec")];
  },
  selectableFields: ({ status }) => ({ "status.successful": String(status.succeeded ?? 0) }),
  subresources: {
    status: { verbs: ["get", "patch", "update"], ...status<Job>(), validateUpdate: validateJobStatus },
  },
});

function defaultLabels({ metadata, spec }: Job): void {
  const labels = spec.template?.metadata?.labels;
  if (labels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
}

/** (SetDefaults_Job) */
function defaultJobSpec(spec: JobSpec): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : MAX_INT32;
  spec.completionMode ??= "NonIndexed";
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? "Failed" : "TerminatingOrFailed";
  spec.manualSelector ??= false;
  defaultJobTemplate(spec);
}

/** What Jobs and the templates of CronJobs have in common. */
export function defaultJobTemplate({ podFailurePolicy, template }: JobSpec): void {
  for (const { onPodConditions = [] } of podFailurePolicy?.rules ?? []) {
    for (const pattern of onPodConditions) pattern.status ||= "True";
  }
  defaultPodTemplate(template);
}

/** Nobody gave it or its template any: the ones it is read with are made from the template's, and were not stored. */
function hasGeneratedLabelsOnly({ metadata, spec }: Job): boolean {
  const { labels } = metadata;
  const generated = generatedLabels(metadata);
  const isGenerated = Object.keys(labels ?? {}).every((key) => Object.hasOwn(generated, key));
  return isGenerated && semanticEqual(labels, spec.template.metadata?.labels);
}

function generatedLabels({ name = "", uid = "" }: Job["metadata"]): Record<string, string> {
  return {
    "job-name": name,
    "batch.kubernetes.io/job-name": name,
    "controller-uid": uid,
    "batch.kubernetes.io/controller-uid": uid,
  };
}

/** Each Job has Pods of its own, known by its uid. */
function generateSelector({ metadata, spec }: Job): void {
  const { uid = "" } = metadata;
  const own = generatedLabels(metadata);
  spec.template.metadata = { ...spec.template.metadata, labels: { ...own, ...spec.template.metadata?.labels } };
  const matchLabels = { "batch.kubernetes.io/controller-uid": uid, ...spec.selector?.matchLabels };
  spec.selector = { ...spec.selector, matchLabels };
}

/** (WarningsForJobSpec of pkg/api/job) */
export function jobWarnings(spec: JobSpec, field: string): string[] {
  const { completionMode, completions = 0, parallelism = 0 } = spec;
  const isHuge = completionMode === "Indexed" && completions > MANY_COMPLETIONS && parallelism > MANY_AT_ONCE;
  const text =
    "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail";
  return [...(isHuge ? [`${field}: ${text}`] : []), ...templateWarnings(spec.template, `${field}.template`)];
}
