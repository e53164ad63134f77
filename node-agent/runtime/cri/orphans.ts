import { readdirSync } from "node:fs";
import type { Logger } from "../../../client/index.ts";
import type { CriClient } from "./api/client.ts";
import { podsWithCgroups } from "./daemon/cgroups.ts";
import type { LogFiles } from "./logs/log-files.ts";
import type { NodePaths } from "./pod/paths.ts";
import type { DiskVolumes } from "./volumes/pod-volumes.ts";

/** Seconds that containers of a Pod that is gone get to end. */
const GRACE = 2;

export interface OrphanOptions {
  readonly client: CriClient;
  readonly paths: NodePaths;
  /** Cgroup above all Pods'; starts with a slash. */
  readonly cgroupRoot: string;
  readonly volumes: DiskVolumes;
  readonly logs: LogFiles;
  readonly logger: Logger;
  removeSandbox(id: string): Promise<void>;
  removePodCgroup(uid: string): Promise<void>;
}

/** Removes what is left of Pods that are gone. @param uids of those that are not */
export async function removeOrphans(uids: ReadonlySet<string>, options: OrphanOptions): Promise<void> {
  const { client, paths, cgroupRoot, volumes, logs, logger, removeSandbox, removePodCgroup } = options;
  for (const { id, metadata } of await client.listPodSandbox()) {
    if (uids.has(metadata.uid)) continue;
    logger.info({ pod: metadata.name, namespace: metadata.namespace, uid: metadata.uid }, "removing an orphan");
    const own = (await client.listContainers()).filter(({ podSandboxId }) => podSandboxId === id);
    await Promise.all(own.map((container) => client.stopContainer(container.id, GRACE)));
    await removeSandbox(id);
  }
  for (const uid of readdirSync(paths.pods)) {
    if (uids.has(uid)) continue;
    await removePodCgroup(uid);
    await volumes.unmount(uid);
  }
  // Who was killed while it made or removed a sandbox may leave a cgroup of a Pod that has nothing else.
  for (const uid of podsWithCgroups(`${cgroupRoot.slice(1)}/kubepods`)) {
    if (!uids.has(uid)) await removePodCgroup(uid);
  }
  for (const uid of logs.uids()) if (!uids.has(uid)) logs.forget(uid);
}
