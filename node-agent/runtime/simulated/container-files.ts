import type { Clock } from "../../../client/index.ts";
import { resolvConf } from "../../pod-dns.ts";
import type { ContainerConfig } from "../runtime.ts";
import { type Allowance, cgroupFiles } from "./cgroup-files.ts";
import { FileSystem, type Identity, type Mount } from "./files/file-system.ts";
import { type DirectoryNode, directory, type FileNode, file } from "./files/node.ts";
import type { ImageDefinition } from "./image.ts";
import { imageFiles, place } from "./image-files.ts";
import { commands } from "./programs.ts";

const DEFAULT_MESSAGE_PATH = "/dev/termination-log";

/** What the kernel shows of the process and its settings. */
function processFiles(
  root: DirectoryNode,
  { pod, container }: ContainerConfig,
  { uid, gid }: Identity,
  cpus: number,
): void {
  const { modified } = root;
  const escalates =
    container.securityContext?.privileged || container.securityContext?.allowPrivilegeEscalation !== false;
  const ids = (id: number) => Array(4).fill(id).join("\t");
  const status = [
    "Name:\tsh",
    "Pid:\t1",
    `Uid:\t${ids(uid)}`,
    `Gid:\t${ids(gid)}`,
    `NoNewPrivs:\t${escalates ? 0 : 1}`,
    `Cpus_allowed:\t${((1n << BigInt(cpus)) - 1n).toString(16)}`,
    `Cpus_allowed_list:\t0-${cpus - 1}`,
    "",
  ].join("\n");
  for (const who of ["self", "1"]) place(root, `/proc/${who}/status`, file(status, modified, 0o444));
  for (const { name, value } of pod.spec.securityContext?.sysctls ?? []) {
    place(root, `/proc/sys/${name.replaceAll(".", "/")}`, file(`${value}\n`, modified));
  }
}

/** What of its surroundings a container sees in files. */
export interface FileSurroundings {
  readonly clock: Clock;
  readonly allowance: Allowance;
  /** What its node has: memory in bytes. */
  readonly node: { readonly cpus: number; readonly memory: number };
}

/** A container's files, and the one whose text becomes its termination message. */
export function containerFiles(
  config: ContainerConfig,
  image: ImageDefinition | undefined,
  identity: Identity,
  mounts: ReadonlyMap<string, Mount>,
  { clock, allowance, node }: FileSurroundings,
): { files: FileSystem; message: FileNode } {
  const { container } = config;
  const now = clock.now();
  const message = file("", now, 0o666);
  const messagePath = container.terminationMessagePath || DEFAULT_MESSAGE_PATH;
  let root: DirectoryNode | undefined;
  let all: ReadonlyMap<string, Mount> | undefined;
  const files = new FileSystem({
    root() {
      if (!root) {
        root = imageFiles(image, Object.keys(commands), now);
        processFiles(root, config, identity, node.cpus);
        cgroupFiles(root, allowance, node.memory);
        if (container.workingDir) place(root, container.workingDir, directory(now));
      }
      return root;
    },
    readOnlyRoot: container.securityContext?.readOnlyRootFilesystem ?? false,
    mounts() {
      const writable = (node: Mount["node"]) => ({ node, readOnly: false });
      all ??= new Map<string, Mount>([
        ["/etc/hosts", writable(file(config.hosts, now))],
        ["/etc/hostname", writable(file(`${config.hostname}\n`, now))],
        ["/etc/resolv.conf", writable(file(resolvConf(config.dns), now))],
        ...mounts,
        [messagePath, writable(message)],
      ]);
      return all;
    },
    identity,
    now: () => clock.now(),
  });
  return { files, message };
}
