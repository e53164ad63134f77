import type { Clock, Logger } from "../../client/index.ts";
import type { Container, Pod } from "../../openapi/api/core.v1.ts";
import { ConfigError } from "../config-error.ts";
import { commandLine, containerDevices, containerMounts, verifyNonRoot } from "../container-config.ts";
import type { ContainerRecord } from "../container-state.ts";
import type { EnvironmentSources } from "../environment.ts";
import { type DnsConfig, hostnameOf } from "../pod-dns.ts";
import { describeHook } from "../probes/hook.ts";
import type { RunningContainer, Runtime, Sandbox } from "../runtime/runtime.ts";
import type { Volume } from "../volumes/volume.ts";
import { DEFAULT_GRACE, gracePeriod } from "./grace-period.ts";
import { ensureImage } from "./image-pull.ts";
import { runLifecycleHook } from "./lifecycle-hook.ts";
import type { PodEvent } from "./pod-event.ts";
import { podKey } from "./pod-key.ts";

/** What a container finds around it. */
export interface ContainerSurroundings {
  /** A container's environment, from literals, ConfigMaps, Secrets, fields, files of volumes. @throws ConfigError */
  environment(
    pod: Pod,
    container: Container,
    sandbox: Sandbox,
    file: EnvironmentSources["file"],
  ): Promise<Record<string, string>>;
  dns(pod: Pod): DnsConfig;
  /** Text of a Pod's /etc/hosts. */
  hosts(pod: Pod, ips: readonly string[]): string;
}

export interface ContainerStartOptions {
  readonly runtime: Pick<Runtime, "findImage" | "mayUse" | "pullImage" | "startContainer" | "readVolumeFile">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly event: PodEvent;
  readonly surroundings: ContainerSurroundings;
  pod(): Pod;
  /** With the amounts that it has. */
  allocated(): Pod;
  volumes(): readonly Volume[];
  isTerminating(): boolean;
  statusChanged(): void;
  /** It runs from now on. */
  running(container: RunningContainer): void;
  /** It runs, and its postStart hook has done its work. */
  up(container: RunningContainer): void;
}

/**
 * Brings one container up: image, configuration, start, postStart hook. (kuberuntime_container.go startContainer)
 * @param attempt restarts before this start @throws ImageError, ConfigError, StartError, or an Error of the runtime
 */
export async function startContainer(
  record: ContainerRecord,
  { sandbox, attempt }: { sandbox: Sandbox; attempt: number },
  options: ContainerStartOptions,
): Promise<void> {
  const { runtime, clock, logger, event, surroundings, pod, volumes, isTerminating, statusChanged } = options;
  const { container } = record;
  record.image = await ensureImage(container, pod(), { runtime, clock, event });
  verifyNonRoot(pod(), container, record.image);
  const file: EnvironmentSources["file"] = (volumeName, path) => {
    const volume = volumes().find(({ name }) => name === volumeName);
    if (!volume) throw new ConfigError(`cannot find the volume "${volumeName}" referenced by FileKeyRef`);
    return runtime.readVolumeFile(pod(), volume, path);
  };
  const env = await surroundings.environment(pod(), container, sandbox, file);
  const mounts = containerMounts(container, volumes(), env);
  if (isTerminating()) return;
  const running = await runtime.startContainer({
    pod: options.allocated(),
    sandbox,
    container,
    image: record.image,
    attempt,
    env,
    ...commandLine(container, env),
    mounts,
    devices: containerDevices(container, volumes()),
    hosts: surroundings.hosts(pod(), sandbox.ips),
    hostname: hostnameOf(pod()),
    dns: surroundings.dns(pod()),
  });
  event("Normal", "Created", `Container created`, container.name);
  record.restartCount = attempt;
  record.running = running;
  record.waiting = { reason: "ContainerCreating" };
  record.started = !container.startupProbe;
  record.ready = !container.readinessProbe && record.started;
  event("Normal", "Started", `Container started`, container.name);
  if (isTerminating()) return running.stop(0);
  options.running(running);
  statusChanged();
  const { postStart } = container.lifecycle ?? {};
  const failure = await runLifecycleHook(record, postStart, { limitSeconds: DEFAULT_GRACE, clock });
  if (failure !== undefined) {
    logger.debug({ pod: podKey(pod()), failure }, "a postStart hook failed");
    event("Warning", "FailedPostStartHook", "PostStartHook failed", container.name);
    event("Normal", "Killing", "FailedPostStartHook", container.name);
    const { name, namespace, uid } = pod().metadata;
    const where = `for Container "${container.name}" in Pod "${name}_${namespace}(${uid})"`;
    record.hookFailure = `${describeHook(postStart ?? {})} ${where} failed - error: ${failure}`;
    return running.stop(gracePeriod(pod()));
  }
  options.up(running);
}
