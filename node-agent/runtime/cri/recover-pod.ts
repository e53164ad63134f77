import type { Container, Pod } from "../../../openapi/api/core.v1.ts";
import type { RecoveredContainer, RecoveredPod, RunningContainer, Sandbox } from "../runtime.ts";
import type { CriClient } from "./api/client.ts";
import { CONTAINER_STATE, type ContainerItem, SANDBOX_READY, type SandboxItem } from "./api/types.ts";
import type { ImageStore } from "./images/image-store.ts";
import { exitOf } from "./pod/termination.ts";

const NANOSECONDS = 1e6;

/** What the runtime has of a Pod, newest first. */
export interface Remains {
  readonly sandboxes: readonly SandboxItem[];
  readonly containers: readonly ContainerItem[];
}

export interface RecoverOptions {
  readonly client: Pick<CriClient, "containerStatus">;
  readonly images: Pick<ImageStore, "find">;
  /** Takes over a sandbox that is ready. */
  known(sandbox: SandboxItem): Promise<Sandbox>;
  /** Takes over a container that runs. */
  track(pod: Pod, container: Container, id: string, startedAt: Date): RunningContainer;
}

/** What an earlier life of the agent has left of a Pod; undefined when nothing. */
export async function recoverPod(
  pod: Pod,
  { sandboxes: [newest], containers: items }: Remains,
  { client, images, known, track }: RecoverOptions,
): Promise<RecoveredPod | undefined> {
  if (!newest && items.length === 0) {
    // It ran once and all of it is gone, as after a reboot: what was reported of it still counts.
    const ran = pod.status?.containerStatuses?.some(({ containerID }) => containerID);
    return ran ? { sandbox: undefined, containers: [] } : undefined;
  }
  const sandbox = newest?.state === SANDBOX_READY ? await known(newest) : undefined;
  const specs = [
    ...(pod.spec.initContainers ?? []),
    ...(pod.spec.containers ?? []),
    ...((pod.spec.ephemeralContainers ?? []) as Container[]), // which have the fields of a container
  ];
  const containers: RecoveredContainer[] = [];
  for (const spec of specs) {
    const item = items.find(({ metadata }) => metadata.name === spec.name);
    if (!item) continue;
    const status = await client.containerStatus(item.id);
    const image = await images.find(status.imageRef);
    const common = { name: spec.name, attempt: item.metadata.attempt, image };
    const startedAt = new Date(status.startedAt / NANOSECONDS);
    if (status.state === CONTAINER_STATE.running && sandbox) {
      containers.push({ ...common, running: track(pod, spec, item.id, startedAt) });
    } else if (status.state === CONTAINER_STATE.exited) {
      const exit = { result: exitOf(status), id: `containerd://${item.id}`, startedAt };
      containers.push({ ...common, exit });
    }
  }
  return { sandbox, containers };
}
