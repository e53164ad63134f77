import type { Container, PodSpec } from "../../../../openapi/api/core.v1.ts";

/** Each container with its path, in upstream's order. (VisitContainersWithPath of pkg/apis/core/pods) */
export function containersOf(spec: PodSpec, field: string): { readonly container: Container; readonly path: string }[] {
  return (["initContainers", "containers", "ephemeralContainers"] as const).flatMap((list) =>
    // The cast: ephemeral containers have the fields of containers, and one of their own.
    ((spec[list] ?? []) as Container[]).map((container, i) => ({ container, path: `${field}.${list}[${i}]` })),
  );
}
