import type { Clock } from "../../client/index.ts";
import type { Container, Pod } from "../../openapi/api/core.v1.ts";
import type { ContainerRecord } from "../container-state.ts";
import { type Image, ImageError, type Runtime } from "../runtime/runtime.ts";
import { goDuration } from "./go-duration.ts";
import type { PodEvent } from "./pod-event.ts";

type ImageRuntime = Pick<Runtime, "findImage" | "mayUse" | "pullImage">;

/**
 * An image that is there, and that a Pod may have without asking its registry. One that it may not have is as good as
 * absent, and not told of. (image_manager.go imagePullPrecheck, pullmanager MustAttemptImagePull)
 */
export async function usableImage(
  runtime: Omit<ImageRuntime, "pullImage">,
  pod: Pod,
  image: string,
  policy: string | undefined,
): Promise<Image | undefined> {
  const present = await runtime.findImage(image);
  if (!present || policy === "Always") return undefined;
  return (await runtime.mayUse?.(image, pod)) === false ? undefined : present;
}

/** A container's image by its pull policy, with the events of it. (pkg/kubelet/images/image_manager.go) @throws ImageError */
export async function ensureImage(
  { image = "", imagePullPolicy, name }: Container,
  pod: Pod,
  { runtime, clock, event }: { runtime: ImageRuntime; clock: Clock; event: PodEvent },
): Promise<Image> {
  const present = await usableImage(runtime, pod, image, imagePullPolicy);
  if (imagePullPolicy === "Never" && !present) {
    throw new ImageError("ErrImageNeverPull", `Container image "${image}" is not present with pull policy of Never`);
  }
  if (present) {
    event(
      "Normal",
      "Pulled",
      `Container image "${image}" already present on machine and can be accessed by the pod`,
      name,
    );
    return present;
  }
  event("Normal", "Pulling", `Pulling image "${image}"`, name);
  const began = clock.now().getTime();
  const pulled = await runtime.pullImage(image, pod);
  const took = goDuration(clock.now().getTime() - began);
  event(
    "Normal",
    "Pulled",
    `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${pulled.sizeBytes} bytes.`,
    name,
  );
  return pulled;
}

export interface ImageFailureOptions {
  readonly clock: Clock;
  /** Until the next attempt, in ms. */
  readonly pause: number;
  readonly event: PodEvent;
  isTerminating(): boolean;
  statusChanged(): void;
}

/** A container waits since there is no image: what is wrong first, then that nothing is done about it for now. */
export function reportImageFailure(record: ContainerRecord, error: ImageError, options: ImageFailureOptions): void {
  const { clock, pause, event, isTerminating, statusChanged } = options;
  const { image, name } = record.container;
  const { reason, message } = error;
  const failedPull = reason === "ErrImagePull";
  record.waiting = { reason, message };
  event("Warning", "Failed", failedPull ? `Failed to pull image "${image}": ${message}` : `Error: ${reason}`, name);
  if (failedPull) event("Warning", "Failed", "Error: ErrImagePull", name);
  statusChanged();
  clock.setTimeout(
    () => {
      if (isTerminating() || !failedPull || record.running) return;
      record.waiting = {
        reason: "ImagePullBackOff",
        message: `Back-off pulling image "${image}": ErrImagePull: ${message}`,
      };
      event("Normal", "BackOff", `Back-off pulling image "${image}"`, name);
      event("Warning", "Failed", "Error: ImagePullBackOff", name);
      statusChanged();
    },
    Math.min(1000, pause / 2),
  );
}
