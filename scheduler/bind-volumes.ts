import type { Client, Clock, Informers } from "../client/index.ts";
import type { Cycle } from "./framework.ts";
import { boundTo, pendingClaims, SELECTED_NODE } from "./plugins/volume-binding.ts";

/** How long a waiting claim may take to be bound once its node is chosen, in ms. (bindTimeoutSeconds) */
const BIND_TIMEOUT = 600_000;

/** Gives waiting claims their volumes, or tells them their node, and waits until all are bound. (BindPodVolumes) */
export async function bindVolumes(
  cycle: Cycle,
  node: string,
  { client, informers, clock }: { client: Client; informers: Informers; clock: Clock },
): Promise<void> {
  const info = cycle.nodes.get(node);
  const waiting = info ? pendingClaims(cycle, info.node) : [];
  if (!waiting.length) return;
  const claims = informers.get("v1/persistentvolumeclaims");
  for (const { claim, volume } of waiting) {
    const { metadata } = claim;
    if (volume) {
      await client.update("v1/persistentvolumes", boundTo(volume, claim));
      continue;
    }
    if (metadata.annotations?.[SELECTED_NODE] === node) continue;
    await client.patch(
      "v1/persistentvolumeclaims",
      { name: metadata.name ?? "", namespace: metadata.namespace },
      { metadata: { annotations: { [SELECTED_NODE]: node } } },
      { type: "merge" },
    );
  }
  const allBound = () =>
    waiting.every(
      ({ claim: { metadata } }) =>
        claims.lister.get(`${metadata.namespace}/${metadata.name}`)?.status?.phase === "Bound",
    );
  await new Promise<void>((resolve, reject) => {
    const look = () => {
      if (!allBound()) return;
      end();
      resolve();
    };
    const timer = clock.setTimeout(() => {
      end();
      reject(new Error("binding volumes: context deadline exceeded"));
    }, BIND_TIMEOUT);
    const unsubscribe = claims.onProgress(look);
    const end = () => {
      timer.cancel();
      unsubscribe();
    };
    look();
  });
}
