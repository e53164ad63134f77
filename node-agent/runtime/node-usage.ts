/** What processes of a cgroup and of all below it use, and have used. */
export interface CgroupUsage {
  readonly cpu: {
    /** Nanoseconds, all three. */
    readonly total: number;
    readonly user: number;
    readonly system: number;
    /** Of its quota: how many there were, in how many it stood still, and for how many nanoseconds. */
    readonly periods: number;
    readonly throttledPeriods: number;
    readonly throttled: number;
  };
  /** Bytes, but for faults and failures. */
  readonly memory: {
    readonly usage: number;
    readonly maxUsage: number;
    /** Without what the kernel would give up first. */
    readonly workingSet: number;
    readonly rss: number;
    readonly cache: number;
    readonly mapped: number;
    readonly swap: number;
    /** Undefined: as much as there is. */
    readonly limit?: number;
    readonly faults: number;
    readonly majorFaults: number;
    /** How often the limit was hit. */
    readonly failures: number;
  };
  readonly processes: number;
}

/** A network interface since it was made. */
export interface InterfaceUsage {
  readonly name: string;
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly rxErrors: number;
  readonly rxDropped: number;
  readonly txBytes: number;
  readonly txPackets: number;
  readonly txErrors: number;
  readonly txDropped: number;
}

/** A file system, and how much of it something uses. */
export interface FileSystemUsage {
  readonly availableBytes: number;
  readonly capacityBytes: number;
  readonly usedBytes: number;
  readonly inodes: number;
  readonly inodesFree: number;
  readonly inodesUsed: number;
}

export interface ContainerNodeUsage {
  readonly name: string;
  /** As the runtime names it. */
  readonly id: string;
  readonly image: string;
  readonly usage: CgroupUsage;
  readonly rootfs: FileSystemUsage;
  readonly logs: FileSystemUsage;
}

export interface PodNodeUsage {
  readonly uid: string;
  /** Of its sandbox. */
  readonly id: string;
  readonly usage: CgroupUsage;
  /** Empty in the node's network. */
  readonly network: readonly InterfaceUsage[];
  readonly containers: readonly ContainerNodeUsage[];
  readonly volumes: ReadonlyMap<string, FileSystemUsage>;
}

/** What a node's Pods use. Several nodes may share a machine, so what else runs there is nobody's. */
export interface NodeUsage {
  readonly at: Date;
  /** When the machine was. */
  readonly startedAt: Date;
  /** Absent: it is the machine that this runs on. */
  readonly machine?: { readonly cores: number; readonly memoryBytes: number };
  readonly usage: CgroupUsage;
  readonly maxProcesses: number;
  readonly processes: number;
  readonly network: readonly InterfaceUsage[];
  readonly fileSystem: FileSystemUsage;
  readonly imageBytes: number;
  readonly pods: readonly PodNodeUsage[];
}
