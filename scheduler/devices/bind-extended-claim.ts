import { isConflict, isNotFound } from "../../client/index.ts";
import type { ContainerExtendedResourceRequest, Pod } from "../../openapi/api/core.v1.ts";
import type { ResourceClaim } from "../../openapi/api/resource.k8s.io.v1.ts";
import type { ClusterAccess } from "../framework.ts";
import { FINALIZER } from "./bind-claim.ts";
import type { Claims } from "./claims.ts";
import { asCreated } from "./extended-resources.ts";

const RESOURCE = "resource.k8s.io/v1/resourceclaims";
/** How long the watch may take to show a new claim, in ms. (AssumeExtendedResourceTimeoutDefaultSeconds) */
const SEEN_MS = 120_000;
const ATTEMPTS = 5;

/** Makes the claim for a Pod's extended resources. Resolves when the watch shows it, so that its devices count. */
export async function createClaim(
  claim: ResourceClaim,
  { client, informers, clock, logger }: ClusterAccess,
  claims: Claims,
): Promise<ResourceClaim> {
  const created = await client.create(RESOURCE, asCreated(claim));
  const { namespace = "", name = "" } = created.metadata;
  const isSeen = () => claims.get(namespace, name) !== undefined;
  if (!isSeen())
    await new Promise<void>((resolve) => {
      const end = () => {
        timer.cancel();
        unsubscribe();
        resolve();
      };
      const timer = clock.setTimeout(() => {
        logger.warn({ claim: name }, "the watch does not show a new claim");
        end();
      }, SEEN_MS);
      const unsubscribe = informers.get(RESOURCE).onProgress(() => {
        if (isSeen()) end();
      });
    });
  return created;
}

/** Tells kubelet which claim, and which of its requests, a Pod's resources are. */
export async function tellPod(
  { metadata: { name = "", namespace } }: Pod,
  claim: ResourceClaim,
  requestMappings: readonly ContainerExtendedResourceRequest[],
  { client }: ClusterAccess,
): Promise<void> {
  const extendedResourceClaimStatus = { requestMappings, resourceClaimName: claim.metadata.name };
  const status = { extendedResourceClaimStatus };
  await client.patch("v1/pods", { name, namespace, subresource: "status" }, { status }, { type: "strategic" });
}

/** Does away with a claim that came to nothing, without waiting for whoever else holds it. (deleteClaim) */
export async function deleteClaim(claim: ResourceClaim, { client }: ClusterAccess): Promise<void> {
  const { name = "", namespace } = claim.metadata;
  for (let attempt = 1, current = claim; ; attempt++) {
    try {
      const finalizers = current.metadata.finalizers?.filter((one) => one !== FINALIZER);
      await client.update(RESOURCE, { ...current, metadata: { ...current.metadata, finalizers } });
      await client.delete(RESOURCE, { name, namespace });
      return;
    } catch (error) {
      if (isNotFound(error)) return;
      if (!isConflict(error) || attempt === ATTEMPTS) throw error;
      current = await client.get(RESOURCE, { name, namespace });
    }
  }
}
