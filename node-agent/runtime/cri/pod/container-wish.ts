import type { BlockVolume } from "../../../volumes/volume.ts";
import type { ContainerConfig } from "../../runtime.ts";
import { type ContainerWish, type Mount, PROPAGATION } from "../api/types.ts";
import { hugePageLimits } from "./huge-pages.ts";
import { containerResources } from "./resources.ts";
import { LABEL, podLabels } from "./sandbox-config.ts";
import { containerSecurity } from "./security-context.ts";

export const DEFAULT_MESSAGE_PATH = "/dev/termination-log";

/** What a container's status cannot say after a restart of the agent otherwise. (pkg/kubelet/kuberuntime/labels.go) */
export const ANNOTATION = {
  restartCount: "io.kubernetes.container.restartCount",
  messagePath: "inkube.dev/termination-message-file",
  messagePolicy: "io.kubernetes.container.terminationMessagePolicy",
} as const;

export interface WishFacts {
  /** In the order of the container's mounts: where each is on the node. */
  readonly mountSources: readonly string[];
  /** Path of the node of a device. */
  deviceSource(volume: BlockVolume): string;
  /** Files of the node that become /etc/hosts and the termination message. */
  readonly hostsFile: string;
  readonly messageFile: string;
  readonly seccompFolder: string;
  readonly memoryBytes: number;
  readonly targetId: string | undefined;
}

/** A container in the runtime's words. (kuberuntime_container.go generateContainerConfig) */
export function containerWish(config: ContainerConfig, facts: WishFacts): ContainerWish {
  const { pod, container, image, attempt, env } = config;
  const messagePath = container.terminationMessagePath || DEFAULT_MESSAGE_PATH;
  const mounts: Mount[] = config.mounts.map(({ mountPath, readOnly }, index) => {
    const { mountPropagation = "None" } = container.volumeMounts?.[index] ?? {};
    return {
      containerPath: mountPath,
      hostPath: facts.mountSources[index] ?? "",
      readonly: readOnly,
      propagation: PROPAGATION[mountPropagation] ?? 0,
    };
  });
  if (!mounts.some(({ containerPath }) => containerPath === "/etc/hosts")) {
    mounts.push({ containerPath: "/etc/hosts", hostPath: facts.hostsFile, readonly: readOnlyRoot(config) });
  }
  mounts.push({ containerPath: messagePath, hostPath: facts.messageFile });
  return {
    metadata: { name: container.name, attempt },
    image: { image: image.id },
    command: config.command,
    args: config.args,
    workingDir: container.workingDir ?? "",
    envs: Object.entries(env).map(([key, value]) => ({ key, value })),
    mounts,
    devices: config.devices.map(({ volume, devicePath }) => ({
      containerPath: devicePath,
      hostPath: facts.deviceSource(volume),
      permissions: volume.readOnly ? "mr" : "mrw",
    })),
    labels: { ...podLabels(pod), [LABEL.containerName]: container.name },
    annotations: {
      [ANNOTATION.restartCount]: String(attempt),
      [ANNOTATION.messagePath]: facts.messageFile,
      [ANNOTATION.messagePolicy]: container.terminationMessagePolicy ?? "File",
    },
    logPath: `${container.name}/${attempt}.log`,
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    linux: {
      resources: {
        ...containerResources(pod, container, facts.memoryBytes),
        hugepageLimits: hugePageLimits(pod, container),
      },
      securityContext: containerSecurity(pod, container, {
        imageUid: image.uid,
        imageUsername: image.username ?? "",
        seccompFolder: facts.seccompFolder,
        targetId: facts.targetId,
      }),
    },
  };
}

const readOnlyRoot = ({ container }: ContainerConfig) => container.securityContext?.readOnlyRootFilesystem ?? false;
