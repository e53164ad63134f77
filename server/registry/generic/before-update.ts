import { invalid } from "../../meta/errors.ts";
import { nameIsPathSegment } from "../../meta/names.ts";
import type { KubeObject } from "../../meta/object.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "../../meta/object-meta.ts";
import type { Kind, KindDefinition, RequestContext, Subresource } from "../kind.ts";
import { ensureNamespace, validateMetadata } from "./before-create.ts";

/** The hooks of an update: the kind's own, or those of a subresource in their place. */
type UpdateStrategy = Pick<
  KindDefinition<KubeObject>,
  "prepareForUpdate" | "validateUpdate" | "warnings" | "revalidatesMetadata"
> &
  Pick<Subresource<KubeObject>, "authorizeUpdate">;

/** Which hooks an update runs. An other-kind subresource (Scale) ends in an update of the object itself. */
export function updateStrategy(kind: Kind, subresource: Subresource<KubeObject> | undefined): UpdateStrategy {
  return subresource && !subresource.write ? subresource : kind.definition;
}

/**
 * What every kind goes through before it is written again. @throws StatusError 400, 422. (rest.BeforeUpdate)
 */
export async function beforeUpdate(
  kind: Kind,
  update: { namespace: string; object: KubeObject; old: KubeObject; strategy: UpdateStrategy },
  context: RequestContext,
): Promise<void> {
  const { namespace, object, old, strategy } = update;
  const { metadata } = object;
  ensureNamespace(kind, namespace, object);
  // Generations are the strategy's to give.
  if (old.metadata.generation === undefined) delete metadata.generation;
  else metadata.generation = old.metadata.generation;
  strategy.prepareForUpdate?.(object, old, context);
  keepSystemFields(object, old);
  const metaUpdate = validateObjectMetaUpdate(metadata, old.metadata);
  const errors = [
    ...validateObjectMeta(metadata, { namespaced: kind.namespaced, validateName: nameIsPathSegment }),
    ...metaUpdate,
    // Upstream checks it once for all kinds and once more in each kind's own validation; clients see both causes.
    ...(kind.custom ? [] : metaUpdate),
    ...(strategy.revalidatesMetadata ? validateMetadata(kind, object) : []),
    ...(strategy.authorizeUpdate ? await strategy.authorizeUpdate(object, old, context) : []),
    ...(strategy.validateUpdate?.(object, old, context) ?? []),
  ];
  if (errors.length > 0) throw invalid(kind, metadata.name ?? "", errors);
  for (const text of strategy.warnings?.(object, old) ?? []) context.warn(text);
  kind.definition.canonicalize?.(object);
}

function keepSystemFields({ metadata }: KubeObject, { metadata: old }: KubeObject): void {
  metadata.uid ||= old.uid;
  if (old.creationTimestamp) metadata.creationTimestamp = old.creationTimestamp;
  if (old.deletionTimestamp) metadata.deletionTimestamp = old.deletionTimestamp;
  if (old.deletionGracePeriodSeconds !== undefined) {
    metadata.deletionGracePeriodSeconds ??= old.deletionGracePeriodSeconds;
  }
}
