import type { Container, Pod } from "../openapi/api/core.v1.ts";
import { ConfigError } from "./config-error.ts";
import { expand } from "./environment.ts";
import type { Image } from "./runtime/runtime.ts";
import type { ContainerDevice, ContainerMount, Volume } from "./volumes/volume.ts";

/** Command and arguments as the Pod gives them, with variables put in. (pkg/kubelet/container/helpers.go) */
export function commandLine(
  { command = [], args = [] }: Container,
  env: Readonly<Record<string, string>>,
): { command: string[]; args: string[] } {
  return { command: command.map((word) => expand(word, env)), args: args.map((word) => expand(word, env)) };
}

/** Where the container sees which volume. (kubelet_pods.go makeMounts) @throws ConfigError */
export function containerMounts(
  container: Container,
  volumes: readonly Volume[],
  env: Readonly<Record<string, string>>,
): ContainerMount[] {
  return (container.volumeMounts ?? []).map(({ name, mountPath, readOnly = false, subPath = "", subPathExpr }) => {
    const volume = volumes.find((candidate) => candidate.name === name);
    if (!volume) {
      throw new ConfigError(`cannot find volume "${name}" to mount into container "${container.name}"`);
    }
    const path = subPathExpr ? expandPath(subPathExpr, env) : subPath;
    if (path.startsWith("/")) throw new ConfigError(`error SubPath \`${path}\` must not be an absolute path`);
    if (path.split("/").includes("..")) {
      throw new ConfigError(`unable to provision SubPath \`${path}\`: must not contain '..'`);
    }
    const mountedAt = mountPath.startsWith("/") ? mountPath : `/${mountPath}`;
    return {
      volume,
      mountPath: mountedAt.replace(/(?<=.)\/+$/, ""),
      subPath: path,
      readOnly: readOnly || volume.type === "files" || volume.type === "image" || (volume.readOnly ?? false),
    };
  });
}

/** Where the container sees which device. (kubelet_pods.go makeBlockVolumes) @throws ConfigError */
export function containerDevices(container: Container, volumes: readonly Volume[]): ContainerDevice[] {
  return (container.volumeDevices ?? []).map(({ name, devicePath }) => {
    const volume = volumes.find((candidate) => candidate.name === name);
    if (volume?.type === "block") return { volume, devicePath };
    throw new ConfigError(`cannot find volume "${name}" to pass into container "${container.name}"`);
  });
}

function expandPath(expression: string, env: Readonly<Record<string, string>>): string {
  const missing = new Set<string>();
  for (const [whole, name] of expression.matchAll(/\$\$|\$\(([^)]*)\)/g)) {
    if (whole !== "$$" && !env[name ?? ""]) missing.add(name ?? "");
  }
  if (missing.size > 0) throw new ConfigError(`missing value for ${[...missing].sort().join(", ")}`);
  return expand(expression, env);
}

/** The user a container runs as when the Pod says; else the image's. */
export function runAsUser({ spec }: Pod, { securityContext }: Container): number | undefined {
  return securityContext?.runAsUser ?? spec.securityContext?.runAsUser;
}

/** (kuberuntime/security_context_others.go verifyRunAsNonRoot) @throws ConfigError */
export function verifyNonRoot(pod: Pod, container: Container, image: Image): void {
  const { metadata, spec } = pod;
  if (!(container.securityContext?.runAsNonRoot ?? spec.securityContext?.runAsNonRoot)) return;
  const where = `(pod: "${metadata.name}_${metadata.namespace}(${metadata.uid})", container: ${container.name})`;
  const user = runAsUser(pod, container);
  if (user === 0) throw new ConfigError(`container's runAsUser breaks non-root policy ${where}`);
  if (user !== undefined) return;
  if (image.username) {
    const what = `image has non-numeric user (${image.username}), cannot verify user is non-root`;
    throw new ConfigError(`container has runAsNonRoot and ${what} ${where}`);
  }
  if (!image.uid) throw new ConfigError(`container has runAsNonRoot and image will run as root ${where}`);
}
