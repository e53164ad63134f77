import type { Action, ApiObject } from "../client/index.ts";
import type { ControllerRevision } from "../openapi/api/apps.v1.ts";
import type { PodTemplateSpec } from "../openapi/api/core.v1.ts";
import { canonicalJson, deepEqual } from "./equality.ts";
import { hashOf } from "./hash.ts";
import { controllerRef } from "./owner.ts";

export const RESOURCE = "apps/v1/controllerrevisions";

type Revision = Readonly<ControllerRevision>;

/** A controller whose templates are kept as ControllerRevisions. */
export interface Historian extends ApiObject {
  spec: { template: PodTemplateSpec };
  status: { collisionCount?: number };
}

/**
 * What `kubectl rollout undo` sends back as a strategic merge patch: the template, replacing whatever is there. Clients
 * compare it byte by byte with what Go makes of a template, whose keys are sorted. (daemon.Match, getPatch)
 */
export function dataOf({ spec }: Readonly<Pick<Historian, "spec">>): Record<string, unknown> {
  return JSON.parse(canonicalJson({ spec: { template: { ...spec.template, $patch: "replace" } } }));
}

/** The template that a revision has kept. */
export function templateOf({ data }: Revision): PodTemplateSpec | undefined {
  // It was written by `dataOf`, here or in upstream's controller.
  const spec = (data as { spec?: { template?: PodTemplateSpec & { $patch?: string } } } | undefined)?.spec;
  if (!spec?.template) return undefined;
  const { $patch: _patch, ...template } = spec.template;
  return template;
}

/** Oldest first. (history.SortControllerRevisions) */
export function sorted(revisions: readonly Revision[]): Revision[] {
  const text = ({ metadata }: Revision) => `${metadata.creationTimestamp ?? ""}\0${metadata.name}`;
  return [...revisions].sort((a, b) => a.revision - b.revision || (text(a) < text(b) ? -1 : 1));
}

/** The revision that a controller's template is, and what must be written before it can be worked with. */
export type Current = { revision: Revision; actions?: undefined } | { revision?: undefined; actions: Action[] };

/** @param hashLabel label of the revision that carries its hash */
export function currentRevision(owner: Readonly<Historian>, known: readonly Revision[], hashLabel: string): Current {
  const list = sorted(known);
  const last = list.at(-1);
  const data = dataOf(owner);
  const equal = list.filter((revision) => deepEqual(revision.data, data)).at(-1);
  if (equal && equal === last) return { revision: equal };
  const next = (last?.revision ?? 0) + 1;
  // Rolled back to: the old one becomes the newest.
  if (equal)
    return {
      actions: [{ do: "update", resource: RESOURCE, object: { ...equal, revision: next } as ControllerRevision }],
    };
  const hash = hashOf(owner.spec.template, owner.status.collisionCount);
  const { name = "", namespace, annotations } = owner.metadata;
  const taken = list.some(({ metadata }) => metadata.name === `${name}-${hash}`);
  if (taken) {
    const collisionCount = (owner.status.collisionCount ?? 0) + 1;
    return {
      actions: [
        {
          do: "updateStatus",
          resource: resourceOf(owner),
          object: { ...owner, status: { ...owner.status, collisionCount } } as ApiObject,
        },
      ],
    };
  }
  const object: ControllerRevision = {
    apiVersion: "apps/v1",
    kind: "ControllerRevision",
    metadata: {
      name: `${name.slice(0, 223)}-${hash}`,
      namespace,
      labels: { ...owner.spec.template.metadata?.labels, [hashLabel]: hash },
      ...(annotations && { annotations }),
      ownerReferences: [controllerRef(owner)],
    },
    data,
    revision: next,
  };
  return { actions: [{ do: "create", resource: RESOURCE, object }] };
}

const resourceOf = ({ kind }: Readonly<ApiObject>): string => `apps/v1/${(kind ?? "").toLowerCase()}s`;

/** Revisions that nothing uses, beyond the limit, oldest first. */
export function staleRevisions(known: readonly Revision[], inUse: ReadonlySet<string>, limit: number): Action[] {
  const unused = sorted(known).filter(({ metadata }) => !inUse.has(metadata.name ?? ""));
  return unused
    .slice(0, Math.max(0, unused.length - limit))
    .map((object) => ({ do: "delete", resource: RESOURCE, object }));
}
