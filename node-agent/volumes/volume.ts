import type { Image } from "../runtime/runtime.ts";

/** One file of a volume that the agent fills. */
export interface VolumeFile {
  /** Relative, with `/` between its parts. */
  readonly path: string;
  readonly data: Buffer;
  /** Permission bits. */
  readonly mode: number;
  /** Owner, when it is not root. */
  readonly uid?: number;
}

interface Common {
  /** Of the Pod's `spec.volumes`. */
  readonly name: string;
  /** Group that may read (and write, where that makes sense) what is in the volume. */
  readonly fsGroup?: number;
  /** When what is in a durable volume is given to that group; undefined: always. */
  readonly fsGroupChangePolicy?: "Always" | "OnRootMismatch";
  /** Nobody writes through it, whatever containers say. */
  readonly readOnly?: boolean;
  /** Of the PersistentVolume behind it: what events call it. */
  readonly persistentVolume?: string;
}

/** configMap, secret, downwardAPI, projected: files that come from the API, written atomically through `..data`. */
export interface FilesVolume extends Common {
  readonly type: "files";
  /** What should be in it now. Reads from the API server where it must, so ask when somebody looks, or now and then. */
  content(): Promise<readonly VolumeFile[]>;
  /**
   * It holds a token, which costs a request and is worth nothing to a Pod that never looks: who shows files only when
   * they are looked at may wait until then. All else that it needs has been seen to be there.
   */
  readonly hasToken: boolean;
}

export interface EmptyDirVolume extends Common {
  readonly type: "emptyDir";
  /** "" is the node's disk. */
  readonly medium: string;
}

export interface HostPathVolume extends Common {
  readonly type: "hostPath";
  readonly path: string;
  /** "", `DirectoryOrCreate`, `Directory`, `FileOrCreate`, `File`, `Socket`, `CharDevice`, `BlockDevice` */
  readonly pathType: string;
}

/** A place of its node that a PersistentVolume names: a folder, or a device for a file system. */
export interface LocalVolume extends Common {
  readonly type: "local";
  readonly path: string;
  /** Of a device; it gets one of this type when it has none. */
  readonly fsType: string;
  readonly mountOptions: readonly string[];
}

/** A device of its node, as it is. */
export interface BlockVolume extends Common {
  readonly type: "block";
  readonly path: string;
}

/** Anything that outlives the Pod: a claim's volume, or a driver's. */
export interface DurableVolume extends Common {
  readonly type: "durable";
  /** The same for everybody who mounts the same thing. */
  readonly id: string;
  /** Name of the CSI driver that has it, where one does. */
  readonly csiDriver?: string;
}

export interface ImageVolume extends Common {
  readonly type: "image";
  readonly image: Image;
}

/** A volume of a Pod as its runtime has to provide it. All that other objects say about it is settled. */
export type Volume =
  | FilesVolume
  | EmptyDirVolume
  | HostPathVolume
  | LocalVolume
  | BlockVolume
  | DurableVolume
  | ImageVolume;

/** Where a container sees a volume. */
export interface ContainerMount {
  readonly volume: Volume;
  readonly mountPath: string;
  /** Below the volume's root, with variables put in; "" is all of it. */
  readonly subPath: string;
  readonly readOnly: boolean;
}

/** Where a container sees a device. */
export interface ContainerDevice {
  readonly volume: BlockVolume;
  readonly devicePath: string;
}
