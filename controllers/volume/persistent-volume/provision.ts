import { type Action, andThen, type Lister } from "../../../client/index.ts";
import type { PersistentVolumeClaim } from "../../../openapi/api/core.v1.ts";
import type { StorageClass } from "../../../openapi/api/storage.k8s.io.v1.ts";
import { annotated, BETA_PROVISIONER, CLAIMS, type Claim, MIGRATED_TO, PROVISIONER } from "../claims.ts";
import { migratedTo, provisionerProblem } from "./plugins.ts";

const failed = (about: Claim, message: string): Action => ({
  do: "event",
  about,
  type: "Warning",
  reason: "ProvisioningFailed",
  message,
});

/** Claims handed over, by uid: the version that was written. Its echo is no news. */
export type HandedOver = Map<string, string>;

/** Hands a claim over to the provisioner of its class, by an annotation. (provisionClaim) */
export function provision(
  claim: Claim,
  className: string,
  classes: Lister<StorageClass>,
  handedOver: HandedOver,
): readonly Action[] {
  const storageClass = classes.get(className);
  if (!storageClass) return [failed(claim, `storageclass.storage.k8s.io "${className}" not found`)];
  const problem = provisionerProblem(storageClass.provisioner);
  if (problem && "early" in problem) return [failed(claim, problem.early)];
  if (problem) return assign(claim, storageClass.provisioner, handedOver, (claim) => [failed(claim, problem.late)]);
  const name = migratedTo(storageClass.provisioner) ?? storageClass.provisioner;
  const message = `Waiting for a volume to be created either by the external provisioner '${name}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
  return assign(claim, name, handedOver, (about) => [
    { do: "event", about, type: "Normal", reason: "ExternalProvisioning", message },
  ]);
}

/** (setClaimProvisioner) */
function assign(
  claim: Claim,
  provisioner: string,
  handedOver: HandedOver,
  next: (claim: Claim) => readonly Action[],
): readonly Action[] {
  if (claim.metadata.annotations?.[PROVISIONER] === provisioner) return next(claim);
  const object = annotated<PersistentVolumeClaim>(claim, {
    [BETA_PROVISIONER]: provisioner,
    [PROVISIONER]: provisioner,
    [MIGRATED_TO]: migratedTo(provisioner),
  });
  return [
    andThen({ do: "update", resource: CLAIMS, object }, (written) => {
      handedOver.set(written.metadata.uid ?? "", written.metadata.resourceVersion ?? "");
      return next(written as Claim);
    }),
  ];
}
