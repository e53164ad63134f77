import { existsSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  type Clock,
  createInformers,
  type Logger,
  loadKubeconfig,
  openTransport,
  type Random,
} from "../../client/index.ts";
import type { PersistentVolume } from "../../openapi/api/core.v1.ts";
import { nodePaths, PROVISIONED } from "../runtime/cri/pod/paths.ts";

const PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";
const PROVISIONER = "inkube.dev/simulated";

/**
 * Where a volume that is gone was on real nodes, if its content is to go with it: it was made for a claim by this
 * cluster's provisioner, at the place that has its name, and nobody said to retain it.
 *
 * @param folder of all nodes
 */
export function foldersOf({ metadata, spec }: PersistentVolume, folder: string): string[] {
  const path = spec.hostPath?.path;
  const isOurs = metadata.annotations?.[PROVISIONED_BY] === PROVISIONER && path === `${PROVISIONED}/${metadata.name}`;
  if (!isOurs || spec.persistentVolumeReclaimPolicy !== "Delete" || !existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => nodePaths(join(folder, name)).disk(path))
    .filter((each) => existsSync(each));
}

/**
 * Takes away what claims' volumes held on this machine's nodes once the volumes are gone. Not a node's own task, which
 * may not know of volumes that none of its Pods has. What went while nobody watched stays.
 */
export async function startClaimFolders(options: {
  readonly kubeconfig: string;
  /** Of all nodes. */
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}): Promise<{ stop(): Promise<void> }> {
  const { folder, clock, random, logger } = options;
  const transport = openTransport(await loadKubeconfig(options.kubeconfig), "inkube-claim-folders");
  const informers = createInformers({ transport, clock, random, logger });
  informers.get("v1/persistentvolumes").addHandler({
    deleted(volume) {
      for (const path of foldersOf(volume, folder)) {
        logger.info({ volume: volume.metadata.name, path }, "removing what a volume held");
        rm(path, { recursive: true, force: true }).catch((error: unknown) =>
          logger.warn({ err: error, path }, "what a volume held could not be removed"),
        );
      }
    },
  });
  informers.start();
  return {
    async stop() {
      informers.stop();
      await transport.close();
    },
  };
}
