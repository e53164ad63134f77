import type { Binding, Pod, PodCondition } from "../../../../openapi/api/core.v1.ts";
import { badRequest, conflict, StatusError } from "../../../meta/errors.ts";
import { aggregateMessage, type FieldError, fieldNotSupported, fieldRequired } from "../../../meta/field-error.ts";
import type { KubeObject } from "../../../meta/object.ts";
import { rfc3339 } from "../../../meta/time.ts";
import { keyInConflicts } from "../../generic/preconditions.ts";
import type { SubresourceCreate } from "../../kind.ts";

const PODS = { group: "", resource: "pods" };

/** The scheduler's verdict: puts a Pod on a node, once. (BindingREST of pkg/registry/core/pod/storage) */
export async function bind(request: SubresourceCreate): Promise<KubeObject> {
  // The cast: decoded as the kind of this subresource.
  const { metadata, target } = request.body as KubeObject & Binding;
  if (request.name !== (metadata.name ?? "")) throw badRequest("name in URL does not match name in Binding object");
  const errors = validateTarget(target ?? {});
  // Upstream forgot to give it a reason.
  if (errors.length > 0) throw new StatusError(500, "", aggregateMessage(errors));
  await request.update<KubeObject & Pod>((pod) => {
    checkPreconditions(pod, metadata, request.dryRun);
    assign(pod, target.name ?? "", metadata);
    setCondition(pod, { type: "PodScheduled", status: "True" }, request.context.now);
  });
  return success();
}

function validateTarget({ kind, name }: Binding["target"]): FieldError[] {
  const errors = kind && kind !== "Node" ? [fieldNotSupported("target.kind", kind, ["Node", "<empty>"])] : [];
  if (!name) errors.push(fieldRequired("target.name", ""));
  return errors;
}

function checkPreconditions({ metadata }: KubeObject, wanted: KubeObject["metadata"], dryRun: boolean): void {
  const { uid, resourceVersion, name = "", namespace } = wanted;
  const key = keyInConflicts(`/registry/pods/${namespace ?? metadata.namespace}/${name}`, dryRun);
  const failed = (what: string, expected: string, actual: string | undefined) =>
    conflict(
      PODS,
      name,
      `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ${what} in precondition: ${expected}, ${what} in object meta: ${actual}`,
    );
  if (uid && uid !== metadata.uid) throw failed("UID", uid, metadata.uid);
  if (resourceVersion && resourceVersion !== metadata.resourceVersion) {
    throw failed("ResourceVersion", resourceVersion, metadata.resourceVersion);
  }
}

function assign(pod: KubeObject & Pod, nodeName: string, { annotations, labels }: KubeObject["metadata"]): void {
  const { metadata } = pod;
  const { name = "" } = metadata;
  const refuse = (text: string) => conflict({ group: "", resource: "pods/binding" }, name, text);
  pod.spec ??= {};
  if (metadata.deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec.nodeName) throw refuse(`pod ${name} is already assigned to node "${pod.spec.nodeName}"`);
  if (pod.spec.schedulingGates?.length) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  pod.spec.nodeName = nodeName;
  delete pod.status?.nominatedNodeName;
  if (annotations) metadata.annotations = { ...metadata.annotations, ...annotations };
  if (labels) metadata.labels = { ...metadata.labels, ...labels };
}

/** A condition changes its time only with its status. (UpdatePodCondition of pkg/api/pod) */
export function setCondition(pod: Pod, condition: PodCondition, now: Date): void {
  pod.status ??= {};
  const conditions = pod.status.conditions ?? [];
  const i = conditions.findIndex(({ type }) => type === condition.type);
  const old = conditions[i];
  const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : rfc3339(now);
  const next = { ...condition, ...(lastTransitionTime && { lastTransitionTime }) };
  pod.status.conditions = i < 0 ? [...conditions, next] : conditions.with(i, next);
}

/** What an action that worked answers. */
export function success(): KubeObject {
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
  return status;
}
