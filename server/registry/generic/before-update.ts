import { invalid } from "../../meta/errors.ts";
import type { FieldError } from "../../meta/field-error.ts";
import { nameIsPathSegment } from "../../meta/names.ts";
import type { KubeObject } from "../../meta/object.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "../../meta/object-meta.ts";
import type { Kind, KindDefinition, RequestContext, Subresource, UpdateCheck } from "../kind.ts";
import { ensureNamespace, validateMetadata } from "./before-create.ts";
import { validateFinalizerNames } from "./finalizer-names.ts";

/** The hooks of an update: the kind's own, or those of a subresource in their place. */
type UpdateStrategy = Pick<
  KindDefinition<KubeObject>,
  "prepareForUpdate" | "validateUpdate" | "warnings" | "updateChecks"
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
  const errors = [
    ...validateObjectMeta(metadata, { namespaced: kind.namespaced, validateName: nameIsPathSegment }),
    ...validateObjectMetaUpdate(metadata, old.metadata),
    ...(await validateUpdate(kind, update, context)),
  ];
  if (errors.length > 0) throw invalid(kind, metadata.name ?? "", errors);
  for (const text of strategy.warnings?.(object, old) ?? []) context.warn(text);
  kind.definition.canonicalize?.(object);
}

const DEFAULT_CHECKS: readonly UpdateCheck[] = ["changes", "own"];

/** What the kind's validation tells besides: metadata, too, which has been checked already. */
async function validateUpdate(
  kind: Kind,
  { object, old, strategy }: { object: KubeObject; old: KubeObject; strategy: UpdateStrategy },
  context: RequestContext,
): Promise<FieldError[]> {
  const authorization = (await strategy.authorizeUpdate?.(object, old, context)) ?? [];
  const check: Readonly<Record<UpdateCheck, () => readonly FieldError[]>> = {
    changes: () => [
      ...validateObjectMetaUpdate(object.metadata, old.metadata),
      ...validateFinalizerNames(kind, object.metadata),
    ],
    whole: () => validateMetadata(kind, object),
    validate: () => kind.definition.validate?.(object, context, old) ?? [],
    own: () => [...authorization, ...(strategy.validateUpdate?.(object, old, context) ?? [])],
  };
  const checks = strategy.updateChecks ?? (kind.custom ? ["own"] : DEFAULT_CHECKS);
  return checks.flatMap((name) => check[name]());
}

function keepSystemFields({ metadata }: KubeObject, { metadata: old }: KubeObject): void {
  metadata.uid ||= old.uid;
  if (old.creationTimestamp) metadata.creationTimestamp = old.creationTimestamp;
  if (old.deletionTimestamp) metadata.deletionTimestamp = old.deletionTimestamp;
  if (old.deletionGracePeriodSeconds !== undefined) {
    metadata.deletionGracePeriodSeconds ??= old.deletionGracePeriodSeconds;
  }
}
