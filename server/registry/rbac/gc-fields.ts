import { semanticEqual } from "../../meta/equality.ts";
import type { KubeObject } from "../../meta/object.ts";

/**
 * Whether an update touches nothing but what the garbage collector needs to change: then it gives nobody any right.
 * (pkg/registry/rbac IsOnlyMutatingGCFields)
 */
export function changesOnlyGcFields(object: KubeObject, old: KubeObject): boolean {
  const rest = ({ metadata, ...others }: KubeObject) => {
    const { ownerReferences, finalizers, managedFields, ...meta } = metadata;
    return { ...others, metadata: meta };
  };
  return semanticEqual(rest(object), rest(old));
}
