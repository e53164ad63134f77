/** What a node looks at to know whether it runs out of something. (pkg/kubelet/eviction/api/types.go) */
export type Signal =
  | "memory.available"
  | "nodefs.available"
  | "nodefs.inodesFree"
  | "imagefs.available"
  | "imagefs.inodesFree"
  | "pid.available";

/** What Pods are told that there is too little of. */
export type Starved = "memory" | "ephemeral-storage" | "inodes" | "pids";

export type Pressure = "MemoryPressure" | "DiskPressure" | "PIDPressure";

interface Meaning {
  readonly resource: Starved;
  /** Condition of the node. */
  readonly condition: Pressure;
}

/** (pkg/kubelet/eviction/helpers.go signalToResource, signalToNodeCondition) */
export const SIGNALS: Readonly<Record<Signal, Meaning>> = {
  "memory.available": { resource: "memory", condition: "MemoryPressure" },
  "nodefs.available": { resource: "ephemeral-storage", condition: "DiskPressure" },
  "nodefs.inodesFree": { resource: "inodes", condition: "DiskPressure" },
  "imagefs.available": { resource: "ephemeral-storage", condition: "DiskPressure" },
  "imagefs.inodesFree": { resource: "inodes", condition: "DiskPressure" },
  "pid.available": { resource: "pids", condition: "PIDPressure" },
};

export const isSignal = (name: string): name is Signal => Object.hasOwn(SIGNALS, name);

/** Bytes, inodes or processes. */
export interface Observation {
  readonly available: number;
  readonly capacity: number;
}

/** What is missing cannot be seen on this machine. */
export type Observations = Readonly<Partial<Record<Signal, Observation>>>;
