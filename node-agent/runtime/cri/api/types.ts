/** What is read and written of CRI's messages, as TypeScript sees them. Numbers and names: messages.ts. */

export const NAMESPACE_MODE = { pod: 0, container: 1, node: 2, target: 3 } as const;
export const SANDBOX_READY = 0;
export const CONTAINER_STATE = { created: 0, running: 1, exited: 2, unknown: 3 } as const;
export const PROTOCOL: Readonly<Record<string, number>> = { TCP: 0, UDP: 1, SCTP: 2 };
export const PROPAGATION: Readonly<Record<string, number>> = { None: 0, HostToContainer: 1, Bidirectional: 2 };
export const PROFILE_TYPE: Readonly<Record<string, number>> = { RuntimeDefault: 0, Unconfined: 1, Localhost: 2 };
export const GROUPS_POLICY: Readonly<Record<string, number>> = { Merge: 0, Strict: 1 };

type Strings = Readonly<Record<string, string>>;

export interface NamespaceOption {
  readonly network?: number;
  readonly pid?: number;
  readonly ipc?: number;
  readonly targetId?: string;
}

export interface SecurityProfile {
  readonly profileType: number;
  readonly localhostRef?: string;
}

/** @see LinuxContainerResources */
export interface HugepageLimit {
  /** `2MB` */
  readonly pageSize: string;
  /** In bytes. */
  readonly limit: number;
}

export interface LinuxContainerResources {
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  readonly cpuShares?: number;
  readonly memoryLimitInBytes?: number;
  readonly oomScoreAdj?: number;
  readonly hugepageLimits?: readonly HugepageLimit[];
}

export interface SandboxConfig {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly namespace: string;
    readonly attempt: number;
  };
  readonly hostname: string;
  readonly logDirectory: string;
  readonly dnsConfig?: DnsConfig;
  readonly portMappings: readonly {
    readonly protocol?: number;
    readonly containerPort: number;
    readonly hostPort?: number;
    readonly hostIp?: string;
  }[];
  readonly labels: Strings;
  readonly annotations: Strings;
  readonly linux: {
    readonly cgroupParent: string;
    readonly sysctls: Strings;
    readonly securityContext: {
      readonly namespaceOptions: NamespaceOption;
      readonly runAsUser?: { readonly value: number };
      readonly runAsGroup?: { readonly value: number };
      readonly supplementalGroups?: readonly number[];
      readonly supplementalGroupsPolicy?: number;
      readonly privileged: boolean;
      readonly seccomp: SecurityProfile;
    };
  };
}

export interface DnsConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

export interface Mount {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly readonly?: boolean;
  readonly propagation?: number;
}

export interface ContainerSecurityContext {
  readonly capabilities?: { readonly addCapabilities: readonly string[]; readonly dropCapabilities: readonly string[] };
  readonly privileged: boolean;
  readonly namespaceOptions: NamespaceOption;
  readonly runAsUser?: { readonly value: number };
  readonly runAsUsername?: string;
  readonly runAsGroup?: { readonly value: number };
  readonly readonlyRootfs: boolean;
  readonly supplementalGroups: readonly number[];
  readonly supplementalGroupsPolicy?: number;
  readonly noNewPrivs: boolean;
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
  readonly seccomp: SecurityProfile;
  readonly apparmor?: SecurityProfile;
}

export interface ContainerWish {
  readonly metadata: { readonly name: string; readonly attempt: number };
  readonly image: { readonly image: string };
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly workingDir: string;
  readonly envs: readonly { readonly key: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  readonly devices: readonly { containerPath: string; hostPath: string; permissions: string }[];
  readonly labels: Strings;
  readonly annotations: Strings;
  readonly logPath: string;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly tty: boolean;
  readonly linux: {
    readonly resources: LinuxContainerResources;
    readonly securityContext: ContainerSecurityContext;
  };
}

export interface SandboxItem {
  readonly id: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly namespace: string;
    readonly attempt: number;
  };
  readonly state: number;
  /** Nanoseconds. */
  readonly createdAt: number;
  readonly labels: Strings;
}

export interface SandboxStatus extends SandboxItem {
  readonly network?: { readonly ip: string; readonly additionalIps: readonly { readonly ip: string }[] };
}

export interface ContainerItem {
  readonly id: string;
  readonly podSandboxId: string;
  readonly metadata: { readonly name: string; readonly attempt: number };
  readonly image?: { readonly image: string };
  readonly imageRef: string;
  readonly state: number;
  /** Nanoseconds. */
  readonly createdAt: number;
  readonly labels: Strings;
  readonly annotations: Strings;
}

export interface ContainerStatus {
  readonly id: string;
  readonly metadata: { readonly name: string; readonly attempt: number };
  readonly state: number;
  /** Nanoseconds, as the next two. */
  readonly createdAt: number;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly exitCode: number;
  readonly image?: { readonly image: string };
  readonly imageRef: string;
  readonly reason: string;
  readonly message: string;
  readonly labels: Strings;
  readonly annotations: Strings;
  readonly logPath: string;
}

export interface ImageItem {
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly size: number;
  readonly uid?: { readonly value: number };
  readonly username: string;
  readonly pinned: boolean;
}

export interface AuthConfig {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
  readonly serverAddress?: string;
  readonly identityToken?: string;
}

export interface ContainerStats {
  readonly attributes: {
    readonly id: string;
    readonly metadata: { readonly name: string; readonly attempt: number };
    readonly labels: Strings;
  };
  readonly cpu?: { readonly timestamp: number; readonly usageCoreNanoSeconds?: { readonly value: number } };
  readonly memory?: {
    readonly timestamp: number;
    readonly workingSetBytes?: { readonly value: number };
    readonly usageBytes?: { readonly value: number };
    readonly rssBytes?: { readonly value: number };
    readonly pageFaults?: { readonly value: number };
    readonly majorPageFaults?: { readonly value: number };
  };
  readonly writableLayer?: {
    readonly timestamp: number;
    readonly usedBytes?: { readonly value: number };
    readonly inodesUsed?: { readonly value: number };
  };
}

export interface FilesystemUsage {
  readonly fsId?: { readonly mountpoint: string };
  readonly usedBytes?: { readonly value: number };
  readonly inodesUsed?: { readonly value: number };
}
