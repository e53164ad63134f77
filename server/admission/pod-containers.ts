import type { Container, EphemeralContainer, PodSpec } from "../../openapi/api/core.v1.ts";

/** What containers of all sorts have in common. */
export type AnyContainer = Container | EphemeralContainer;

/** Init containers, containers, ephemeral containers, in this order. */
export function allContainers({ initContainers, containers, ephemeralContainers }: PodSpec): AnyContainer[] {
  return [...(initContainers ?? []), ...(containers ?? []), ...(ephemeralContainers ?? [])];
}

/** The mark of Pods that a node made from a file of its own. */
export const MIRROR_POD = "kubernetes.io/config.mirror";

export function isMirrorPod(metadata: { readonly annotations?: Readonly<Record<string, string>> }): boolean {
  return metadata.annotations?.[MIRROR_POD] !== undefined;
}
