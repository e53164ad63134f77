import { conflict, invalid } from "../../meta/errors.ts";
import type { KubeObject } from "../../meta/object.ts";
import { validateDeleteOptions } from "../../meta/options.ts";
import { rfc3339, timeOf } from "../../meta/time.ts";
import type { Kind, RequestContext } from "../kind.ts";
import type { DeleteOptions } from "../store.ts";

/** What a DELETE means for the object at hand. */
export interface DeletePlan {
  /** The grace period has begun or was shortened: the object (changed in place) is to be written. */
  readonly graceful: boolean;
  /** It is on its way already, and not to be hurried. */
  readonly pending: boolean;
  /** Seconds until it may be deleted. */
  readonly gracePeriodSeconds: number | undefined;
}

/** Decides, and marks the object where it is deleted gracefully. @throws StatusError 409, 422. (rest.BeforeDelete) */
export function beforeDelete(
  kind: Kind,
  object: KubeObject,
  options: DeleteOptions,
  context: RequestContext,
): DeletePlan {
  const { metadata } = object;
  const errors = validateDeleteOptions(options);
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", errors);
  failEarly(kind, object, options);
  const { gracePeriodSeconds: decide } = kind.definition;
  // Below zero counts as one second.
  const requested = atLeast(options.gracePeriodSeconds);
  if (metadata.deletionGracePeriodSeconds !== undefined && metadata.deletionGracePeriodSeconds < 0) {
    metadata.deletionGracePeriodSeconds = 1;
  }
  const now: DeletePlan = { graceful: false, pending: false, gracePeriodSeconds: requested };
  if (!decide) return now;
  if (metadata.deletionTimestamp) {
    const left = metadata.deletionGracePeriodSeconds ?? 0;
    if (left === 0) return now;
    if (requested === undefined || requested >= left)
      return { graceful: false, pending: true, gracePeriodSeconds: left };
    return { graceful: true, pending: false, gracePeriodSeconds: shorten(object, left, requested, context.now) };
  }
  const seconds = decide(object, requested, context);
  metadata.deletionTimestamp = rfc3339(secondsAfter(context.now.getTime(), seconds));
  metadata.deletionGracePeriodSeconds = seconds;
  if (metadata.generation) metadata.generation++;
  return { graceful: true, pending: false, gracePeriodSeconds: seconds };
}

/** Go's durations are nanoseconds in an int64, and what does not fit in wraps around. */
function secondsAfter(milliseconds: number, seconds: number | bigint): Date {
  const nanoseconds = BigInt.asIntN(64, BigInt(seconds) * 1_000_000_000n);
  return new Date(milliseconds + Number(nanoseconds / 1_000_000n));
}

function atLeast(seconds: number | undefined): number | undefined {
  return seconds !== undefined && seconds < 0 ? 1 : seconds;
}

/** Preconditions are enforced when it is written; this one has the words of the strategy. */
function failEarly({ group, kind }: Kind, { metadata }: KubeObject, { preconditions = {} }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions;
  const { name = "" } = metadata;
  // Upstream has the Kind where the resource belongs.
  const resource = { group, resource: kind };
  if (uid !== undefined && uid !== metadata.uid) {
    const text = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`;
    throw conflict(resource, name, text);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const text = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`;
    throw conflict(resource, name, text);
  }
}

/** Counts the shorter period from the beginning of the deletion, but never into the past. */
function shorten({ metadata }: KubeObject, left: number, requested: number, now: Date): number {
  // Either may be a bigint, whatever its type says.
  const wanted = secondsAfter(timeOf(metadata.deletionTimestamp), BigInt(requested) - BigInt(left)).getTime();
  const inPast = wanted < now.getTime();
  // Whoever terminates it gets a chance to see the change and still does the final delete.
  const period = inPast && requested !== 0 ? 1 : requested;
  metadata.deletionTimestamp = rfc3339(new Date(inPast ? now.getTime() : wanted));
  metadata.deletionGracePeriodSeconds = period;
  return period;
}

/** Deletion of what has finalizers begins with a mark. (markAsDeleting of generic/registry/store.go) */
export function markAsDeleting({ metadata }: KubeObject, now: Date): void {
  if (!metadata.deletionTimestamp && metadata.generation) metadata.generation++;
  if (!metadata.deletionTimestamp || timeOf(metadata.deletionTimestamp) > now.getTime()) {
    metadata.deletionTimestamp = rfc3339(now);
  }
  metadata.deletionGracePeriodSeconds = 0;
}
