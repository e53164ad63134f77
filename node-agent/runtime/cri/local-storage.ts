import { join } from "node:path";
import type { Pod } from "../../../openapi/api/core.v1.ts";
import type { LocalStorage } from "../../eviction/local-storage.ts";
import type { CriClient } from "./api/client.ts";
import type { NodePaths } from "./pod/paths.ts";
import { LABEL } from "./pod/sandbox-config.ts";
import { diskUsage } from "./volumes/disk-usage.ts";
import type { DiskVolumes } from "./volumes/pod-volumes.ts";

export interface LocalStorageOptions {
  readonly client: CriClient;
  readonly paths: NodePaths;
  readonly volumes: DiskVolumes;
}

/** What Pods have on the disk, by uid: emptyDirs, logs, and what containers wrote into their images' files. */
export async function localStorage(
  pods: readonly Pod[],
  { client, paths, volumes }: LocalStorageOptions,
): Promise<Map<string, LocalStorage>> {
  const stats = await client.listContainerStats();
  const written = new Map<string, number>();
  for (const { attributes, writableLayer } of stats) {
    const key = `${attributes.labels[LABEL.podUid]}/${attributes.labels[LABEL.containerName]}`;
    written.set(key, (written.get(key) ?? 0) + (writableLayer?.usedBytes?.value ?? 0));
  }
  const all = pods.map(async (pod) => {
    const uid = pod.metadata.uid ?? "";
    const containers = (pod.spec.containers ?? []).map(async ({ name }) => {
      const { bytes } = await diskUsage(join(paths.podLogs(pod), name));
      return [name, bytes + (written.get(`${uid}/${name}`) ?? 0)] as const;
    });
    return [uid, { containers: new Map(await Promise.all(containers)), volumes: await volumes.usage(pod) }] as const;
  });
  return new Map(await Promise.all(all));
}
