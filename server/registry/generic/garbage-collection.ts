import type { KubeObject } from "../../meta/object.ts";
import type { Kind } from "../kind.ts";
import type { DeleteOptions } from "../store.ts";

/** Finalizers that the garbage collector handles. */
const ORPHAN = "orphan";
const FOREGROUND = "foregroundDeletion";

/**
 * The finalizers an object gets by the propagation policy of its deletion. Explicit options win over a finalizer that is
 * there, and that wins over the kind's default. @returns undefined when they stay as they are.
 * (deletionFinalizersForGarbageCollection of generic/registry/store.go)
 */
export function deletionFinalizers(kind: Kind, object: KubeObject, options: DeleteOptions): string[] | undefined {
  const finalizers = object.metadata.finalizers ?? [];
  const wanted = policy(kind, finalizers, options);
  const kept = finalizers.filter((finalizer) => finalizer !== ORPHAN && finalizer !== FOREGROUND);
  const next = wanted ? [...kept, wanted] : kept;
  const same = next.length === finalizers.length && next.every((finalizer) => finalizers.includes(finalizer));
  return same ? undefined : next;
}

function policy({ definition }: Kind, finalizers: readonly string[], options: DeleteOptions): string | undefined {
  if (definition.garbageCollection === "unsupported") return undefined;
  if (options.orphanDependents !== undefined) return options.orphanDependents ? ORPHAN : undefined;
  switch (options.propagationPolicy) {
    case "Orphan":
      return ORPHAN;
    case "Foreground":
      return FOREGROUND;
    case "Background":
      return undefined;
  }
  const present = finalizers.find((finalizer) => finalizer === ORPHAN || finalizer === FOREGROUND);
  return present ?? (definition.garbageCollection === "orphan" ? ORPHAN : undefined);
}
