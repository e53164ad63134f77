import { ApiError, type Client, type Clock } from "../../client/index.ts";
import type {
  PersistentVolume,
  Pod,
  ServiceAccountTokenProjection,
  Volume as VolumeSpec,
} from "../../openapi/api/core.v1.ts";
import type { ObjectCache } from "../object-cache.ts";
import { usableImage } from "../pod-worker/image-pull.ts";
import { type Image, ImageError, type Runtime } from "../runtime/runtime.ts";
import { configMapFiles, downwardFiles, type PayloadSources, projectedFiles, secretFiles } from "./payload.ts";
import { tokenSource } from "./token.ts";
import type { FilesVolume, Volume, VolumeFile } from "./volume.ts";

export interface VolumeSources {
  readonly client: Client;
  readonly clock: Clock;
  readonly objects: ObjectCache;
  readonly nodeName: string;
  readonly hostIPs: readonly string[];
  readonly allocatable: Readonly<Record<string, string>>;
  pullImage(image: string, policy: string | undefined): Promise<Image>;
}

/** A Pod as its volumes see it: its labels and annotations change while it runs. */
export interface PodView {
  current(): Pod;
  /** Empty until it has a sandbox. */
  ips(): readonly string[];
  /** When this agent first saw it, in ms: what it refers to is never read from before. */
  readonly seenAt: number;
}

/** What a volume shows is at most this old: between kubelet's watches and its sync period. */
const LIVE_MS = 5_000;
const DEFAULT_MODE = 0o644;

/**
 * A Pod's volumes, with all that has to be there before it may start. Claims are followed to their volumes; what an
 * object should hold is checked, though read again by whoever looks. @throws Error for a FailedMount event
 */
export async function podVolumes(view: PodView, sources: VolumeSources): Promise<Volume[]> {
  const pod = view.current();
  const { mounts, devices } = namesInUse(pod);
  const used = new Set([...mounts, ...devices]);
  const { fsGroup, fsGroupChangePolicy: policy } = pod.spec.securityContext ?? {};
  const fsGroupChangePolicy: Volume["fsGroupChangePolicy"] = policy === "OnRootMismatch" ? policy : "Always";
  const common = fsGroup === undefined ? {} : { fsGroup, fsGroupChangePolicy };
  return Promise.all(
    (pod.spec.volumes ?? [])
      .filter(({ name }) => used.has(name))
      .map(async (spec): Promise<Volume> => {
        const { name } = spec;
        const load = filesOf(spec, view, sources);
        if (load) {
          const hasToken = !!spec.projected?.sources?.some(({ serviceAccountToken }) => serviceAccountToken);
          const volume: FilesVolume = { type: "files", name, ...common, content: () => load(false), hasToken };
          await load(true).catch((error: unknown) => fail(name, error));
          return volume;
        }
        return { ...(await otherVolume(spec, pod, sources)), ...common };
      }),
  );
}

/** Volumes that containers have as folders or files, and as devices. */
function namesInUse({ spec }: Pod): { mounts: Set<string>; devices: Set<string> } {
  const all = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const names = (list: readonly { name: string }[] = []) => list.map(({ name }) => name);
  return {
    mounts: new Set(all.flatMap(({ volumeMounts }) => names(volumeMounts))),
    devices: new Set(all.flatMap(({ volumeDevices }) => names(volumeDevices))),
  };
}

function fail(name: string, error: unknown): never {
  const message = error instanceof Error ? error.message : String(error);
  throw new Error(`MountVolume.SetUp failed for volume "${name}" : ${message}`);
}

/** Makes the files, for volumes that are files. `checking` leaves out what always can be had: tokens. */
function filesOf(
  spec: VolumeSpec,
  view: PodView,
  { client, clock, objects, nodeName, hostIPs, allocatable }: VolumeSources,
): ((checking: boolean) => Promise<VolumeFile[]>) | undefined {
  const { configMap, secret, downwardAPI, projected } = spec;
  if (!configMap && !secret && !downwardAPI && !projected) return undefined;
  const { namespace = "" } = view.current().metadata;
  const token = tokenSource(view.current(), client, clock);
  const fsUser = fsUserOf(view.current());
  const fsGroup = view.current().spec.securityContext?.fsGroup;
  return async (checking) => {
    const now = clock.now().getTime();
    const payload: PayloadSources = {
      nodeName,
      hostIPs,
      podIPs: view.ips(),
      allocatable,
      read: (resource, name) => {
        // The root certificates never change, and every Pod has them.
        const oldest = name === "kube-root-ca.crt" ? now - 60_000 : Math.max(now - LIVE_MS, view.seenAt);
        return objects.get(resource, namespace, name, oldest);
      },
      token: checking ? async () => "" : (projection: ServiceAccountTokenProjection) => token(projection),
      fsUser,
      fsGroup,
    };
    if (configMap) return configMapFiles(configMap, configMap.defaultMode ?? DEFAULT_MODE, payload);
    if (secret) {
      const { secretName, items, optional, defaultMode = DEFAULT_MODE } = secret;
      return secretFiles(
        { ...(secretName && { name: secretName }), ...(items && { items }), ...(optional && { optional }) },
        defaultMode,
        payload,
      );
    }
    if (downwardAPI) {
      return downwardFiles(downwardAPI.items ?? [], downwardAPI.defaultMode ?? DEFAULT_MODE, view.current(), payload);
    }
    return projected ? projectedFiles(projected, view.current(), payload) : [];
  };
}

/** The user of all containers, when there is one. (pkg/volume/util FsUserFrom) */
function fsUserOf({ spec }: Pod): number | undefined {
  const all = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const users = new Set(
    all.map(({ securityContext }) => securityContext?.runAsUser ?? spec.securityContext?.runAsUser),
  );
  return users.size === 1 ? [...users][0] : undefined;
}

async function otherVolume(spec: VolumeSpec, pod: Pod, sources: VolumeSources): Promise<Volume> {
  const { name, emptyDir, hostPath, persistentVolumeClaim, ephemeral, image } = spec;
  if (emptyDir) return { type: "emptyDir", name, medium: emptyDir.medium ?? "" };
  if (hostPath) return { type: "hostPath", name, path: hostPath.path, pathType: hostPath.type ?? "" };
  if (image) {
    const pulled = await sources.pullImage(image.reference ?? "", image.pullPolicy);
    return { type: "image", name, image: pulled };
  }
  const claim = persistentVolumeClaim?.claimName ?? (ephemeral && `${pod.metadata.name}-${name}`);
  if (claim !== undefined) {
    const volume = await claimedVolume(claim, spec, pod, sources.client).catch((error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      const list = `unmounted volumes=[${name}], unattached volumes=[], failed to process volumes=[${name}]`;
      throw new Error(`Unable to attach or mount volumes: ${list}: ${text}`);
    });
    return persistentVolume(name, volume, persistentVolumeClaim?.readOnly ?? false);
  }
  const [driver = "", source] = Object.entries(spec).find(([field]) => field !== "name") ?? [];
  return {
    type: "durable",
    name,
    id: `${driver}/${JSON.stringify(source)}/${driver === "csi" ? pod.metadata.uid : ""}`,
    ...csiOf(spec.csi),
  };
}

const csiOf = (source: { readonly driver: string } | undefined) => (source ? { csiDriver: source.driver } : {});

/** What of this node a PersistentVolume stands for. @param name of the Pod's volume */
function persistentVolume(name: string, { metadata, spec }: PersistentVolume, readOnly: boolean): Volume {
  const { hostPath, local, volumeMode, mountOptions = [] } = spec;
  const common = { name, persistentVolume: metadata.name ?? "", ...(readOnly && { readOnly }) };
  if (local && volumeMode === "Block") return { ...common, type: "block", path: local.path };
  if (local) return { ...common, type: "local", path: local.path, fsType: local.fsType || "ext4", mountOptions };
  if (volumeMode === "Block")
    fail(metadata.name ?? "", new Error("no plugin of this node has volumeMode Block for it"));
  if (hostPath) {
    return { ...common, type: "hostPath", path: hostPath.path, pathType: hostPath.type || "DirectoryOrCreate" };
  }
  return { ...common, type: "durable", id: `volume/${metadata.name}`, ...csiOf(spec.csi) };
}

/** (desired_state_of_world_populator.go createVolumeSpec) */
async function claimedVolume(claim: string, { name }: VolumeSpec, pod: Pod, client: Client): Promise<PersistentVolume> {
  const { namespace = "" } = pod.metadata;
  const about = `error processing PVC ${namespace}/${claim}`;
  const found = await client.get("v1/persistentvolumeclaims", { name: claim, namespace }).catch((error: unknown) => {
    if (!(error instanceof ApiError)) throw error;
    throw new Error(`${about}: failed to fetch PVC from API server: ${error.message}`);
  });
  const { volumeName } = found.spec ?? {};
  if (found.status?.phase !== "Bound" || !volumeName) throw new Error(`${about}: PVC is not bound`);
  const volume = await client.get("v1/persistentvolumes", { name: volumeName });
  const { volumeMode = "Filesystem" } = volume.spec;
  const { mounts, devices } = namesInUse(pod);
  const wrong = volumeMode === "Block" ? mounts.has(name) && "volumeMounts" : devices.has(name) && "volumeDevices";
  if (wrong) throw new Error(`volume ${name} has volumeMode ${volumeMode}, but is specified in ${wrong}`);
  return volume;
}

/** The image of an image volume, by its policy. (pkg/kubelet/images EnsureImageExists) @throws ImageError */
export async function volumeImage(
  runtime: Pick<Runtime, "findImage" | "mayUse" | "pullImage">,
  pod: Pod,
  image: string,
  policy: string | undefined,
): Promise<Image> {
  const present = await usableImage(runtime, pod, image, policy);
  if (present) return present;
  if (policy === "Never") {
    throw new ImageError("ErrImageNeverPull", `Container image "${image}" is not present with pull policy of Never`);
  }
  return runtime.pullImage(image, pod);
}
