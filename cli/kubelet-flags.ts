import type { KubeletSettings } from "./kubelet-config.ts";

/** A KubeletConfiguration that has been read. */
export interface KubeletFile {
  /** Absolute. */
  readonly path: string;
  readonly settings: Pick<KubeletSettings, "eviction" | "imageLimits">;
}

/**
 * The disk is that of the user's machine, where kubelet's 10 and 15 % are often not free, though nothing is wrong.
 * (k3s has the same.)
 */
const EVICTION_HARD =
  "memory.available<100Mi,nodefs.available<5%,nodefs.inodesFree<5%,imagefs.available<5%,imagefs.inodesFree<5%";
/** Images that were loaded cannot be pulled again: they go only when the disk is full by the above. (kind has the same.) */
const NEVER = "100";

/** Flags of `inkube node` for nodes that share their disk with the user. @param file whose word comes first */
export function kubeletFlags(file: KubeletFile | undefined): string[] {
  const { eviction, imageLimits } = file?.settings ?? {};
  return [
    ...(file ? ["--config", file.path] : []),
    ...(eviction?.hard === undefined ? ["--eviction-hard", EVICTION_HARD] : []),
    ...(imageLimits?.highThresholdPercent === undefined ? ["--image-gc-high-threshold", NEVER] : []),
  ];
}
