import type { TokenRequest } from "../../../../openapi/api/authentication.k8s.io.v1.ts";
import type { PersistentVolume, PersistentVolumeClaim, Pod, Volume } from "../../../../openapi/api/core.v1.ts";
import type { CSIDriver } from "../../../../openapi/api/storage.k8s.io.v1.ts";
import { notFound } from "../../../meta/errors.ts";
import { goQuote } from "../../../meta/go-quote.ts";
import { aggregateMessages } from "../../aggregate.ts";
import { forbidden } from "../../forbidden.ts";
import type { AdmissionAttributes, AdmissionContext, ObjectReader } from "../../plugin.ts";

const PODS = { group: "", resource: "pods" };
/** In-tree volumes that CSI drivers serve nowadays. (csi-translation-lib) */
const MIGRATED = {
  awsElasticBlockStore: "ebs.csi.aws.com",
  azureDisk: "disk.csi.azure.com",
  azureFile: "file.csi.azure.com",
  cinder: "cinder.csi.openstack.org",
  gcePersistentDisk: "pd.csi.storage.gke.io",
  portworxVolume: "pxd.portworx.com",
  vsphereVolume: "csi.vsphere.vmware.com",
} as const;

/** A node gets tokens for the Pods on it, and only for audiences that they are for. */
export async function restrictToken(
  node: string,
  attributes: AdmissionAttributes<TokenRequest>,
  context: AdmissionContext,
): Promise<void> {
  const { operation, subresource, object: request, namespace } = attributes;
  if (operation !== "CREATE" || subresource !== "token" || !request) return;
  const reference = request.spec.boundObjectRef;
  if (reference?.apiVersion !== "v1" || reference.kind !== "Pod" || !reference.name) {
    throw forbidden(attributes, "node requested token not bound to a pod");
  }
  if (!reference.uid) throw forbidden(attributes, "node requested token with a pod binding without a uid");
  const pod = context.reader.get<Pod>(PODS, namespace, reference.name);
  if (!pod) throw notFound({ group: "", resource: "pod" }, reference.name);
  if (pod.metadata.uid !== reference.uid) {
    const text = `the UID in the bound object reference (${reference.uid}) does not match the UID in record`;
    throw forbidden(attributes, `${text}. The object might have been deleted and then recreated`);
  }
  if (pod.spec.nodeName !== node) {
    throw forbidden(attributes, "node requested token bound to a pod scheduled on a different node");
  }
  const problem = await audienceProblem(attributes, context, pod);
  if (problem) throw forbidden(attributes, problem);
}

async function audienceProblem(
  { object, user, namespace, name }: AdmissionAttributes<TokenRequest>,
  { reader, authorizer }: AdmissionContext,
  pod: Readonly<Pod>,
): Promise<string | undefined> {
  const audiences = object?.spec.audiences ?? [];
  if (audiences.length > 1) return "node may only request 0 or 1 audiences";
  const [audience = ""] = audiences;
  const { found, errors } = findAudience(pod, audience, reader);
  if (found) return undefined;
  if (errors.length > 0) return `error validating audience ${goQuote(audience)}: ${aggregateMessages(errors)}`;
  const { decision, error } = await authorizer.authorize({
    user,
    verb: "request-serviceaccounts-token-audience",
    namespace,
    group: "",
    version: "v1",
    resource: audience,
    subresource: "",
    name,
    resourceRequest: true,
    path: "",
  });
  if (decision === "allow") return undefined;
  const text = `audience ${goQuote(audience)} not found in pod spec volume`;
  if (error) return `${text}, error authorizing ${user.name} to request tokens for this audience: ${error}`;
  return `${text}, ${user.name} is not authorized to request tokens for this audience`;
}

/** In a projected token, or in what the driver of a volume asks for. */
function findAudience(pod: Readonly<Pod>, audience: string, reader: ObjectReader) {
  const errors: string[] = [];
  for (const volume of pod.spec.volumes ?? []) {
    const tokens = (volume.projected?.sources ?? []).flatMap((source) => source.serviceAccountToken ?? []);
    if (tokens.some((token) => (token.audience ?? "") === audience)) return { found: true, errors: [] };
    try {
      const driver = driverOf(pod, volume, reader);
      if (driver && driverHasAudience(driver, audience, reader)) return { found: true, errors: [] };
    } catch (error) {
      errors.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { found: false, errors };
}

function driverOf(pod: Readonly<Pod>, volume: Volume, reader: ObjectReader): string | undefined {
  const namespace = pod.metadata.namespace ?? "";
  if (volume.ephemeral?.volumeClaimTemplate) {
    return driverOfClaim(namespace, `${pod.metadata.name}-${volume.name}`, reader);
  }
  if (volume.persistentVolumeClaim) return driverOfClaim(namespace, volume.persistentVolumeClaim.claimName, reader);
  return volume.csi?.driver ?? migratedDriver(volume);
}

function driverOfClaim(namespace: string, name: string, reader: ObjectReader): string | undefined {
  const claim = reader.get<PersistentVolumeClaim>({ group: "", resource: "persistentvolumeclaims" }, namespace, name);
  if (!claim) throw notFound({ group: "", resource: "persistentvolumeclaim" }, name);
  const volumeName = claim.spec.volumeName ?? "";
  const volume = reader.get<PersistentVolume>({ group: "", resource: "persistentvolumes" }, "", volumeName);
  if (!volume) throw notFound({ group: "", resource: "persistentvolume" }, volumeName);
  return volume.spec.csi?.driver ?? migratedDriver(volume.spec);
}

function migratedDriver(source: { readonly [type in keyof typeof MIGRATED]?: unknown }): string | undefined {
  // The cast: the keys of a constant.
  const types = Object.keys(MIGRATED) as (keyof typeof MIGRATED)[];
  const type = types.find((candidate) => source[candidate]);
  return type && MIGRATED[type];
}

function driverHasAudience(name: string, audience: string, reader: ObjectReader): boolean {
  const driver = reader.get<CSIDriver>({ group: "storage.k8s.io", resource: "csidrivers" }, "", name);
  if (!driver) throw notFound({ group: "storage.k8s.io", resource: "csidriver" }, name);
  return (driver.spec.tokenRequests ?? []).some((request) => (request.audience ?? "") === audience);
}
