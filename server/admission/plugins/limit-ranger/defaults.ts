import type { Container, LimitRange, Pod } from "../../../../openapi/api/core.v1.ts";

const ANNOTATION = "kubernetes.io/limit-ranger";

/** Gives every container the range's defaults where it says nothing, and notes in an annotation which. */
export function applyDefaults(pod: Pod, { spec }: Readonly<LimitRange>): void {
  const limits: Record<string, string> = {};
  const requests: Record<string, string> = {};
  for (const limit of spec.limits ?? []) {
    if (limit.type !== "Container") continue;
    Object.assign(requests, limit.defaultRequest);
    Object.assign(limits, limit.default);
  }
  const notes = [
    ...(pod.spec.containers ?? []).flatMap((container) => fill(container, "container", { requests, limits })),
    ...(pod.spec.initContainers ?? []).flatMap((container) => fill(container, "init container", { requests, limits })),
  ];
  if (notes.length === 0) return;
  pod.metadata.annotations = {
    ...pod.metadata.annotations,
    [ANNOTATION]: `LimitRanger plugin set: ${notes.join("; ")}`,
  };
}

/** @returns what was set, requests first */
function fill(
  container: Container,
  sort: string,
  defaults: { readonly requests: Record<string, string>; readonly limits: Record<string, string> },
): string[] {
  const notes: string[] = [];
  for (const [list, word] of [
    ["requests", "request"],
    ["limits", "limit"],
  ] as const) {
    const own = container.resources[list];
    const missing = Object.keys(defaults[list]).filter((name) => own?.[name] === undefined);
    if (missing.length === 0) continue;
    container.resources[list] = { ...own, ...Object.fromEntries(missing.map((name) => [name, defaults[list][name]!])) };
    notes.push(`${missing.sort().join(", ")} ${word} for ${sort} ${container.name}`);
  }
  return notes;
}
