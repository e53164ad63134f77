/**
 * Messages of CRI v1 that are used here, as facts: `field:number`, a string unless `=type` says otherwise; `[]` is a
 * list, `{}` a map of strings; enums are numbers. (staging/src/k8s.io/cri-api/pkg/apis/runtime/v1/api.proto)
 */
const MESSAGES = {
  VersionRequest: "version:1",
  VersionResponse: "version:1 runtimeName:2 runtimeVersion:3 runtimeApiVersion:4",
  DNSConfig: "servers:1[] searches:2[] options:3[]",
  PortMapping: "protocol:1=number containerPort:2=number hostPort:3=number hostIp:4",
  Mount:
    "containerPath:1 hostPath:2 readonly:3=bool selinuxRelabel:4=bool propagation:5=number recursiveReadOnly:8=bool",
  NamespaceOption: "network:1=number pid:2=number ipc:3=number targetId:4",
  Int64Value: "value:1=number",
  UInt64Value: "value:1=number",
  SecurityProfile: "profileType:1=number localhostRef:2",
  LinuxSandboxSecurityContext:
    "namespaceOptions:1=NamespaceOption runAsUser:3=Int64Value readonlyRootfs:4=bool supplementalGroups:5=number[] privileged:6=bool runAsGroup:8=Int64Value seccomp:9=SecurityProfile apparmor:10=SecurityProfile supplementalGroupsPolicy:11=number",
  LinuxPodSandboxConfig:
    "cgroupParent:1 securityContext:2=LinuxSandboxSecurityContext sysctls:3{} overhead:4=LinuxContainerResources resources:5=LinuxContainerResources",
  PodSandboxMetadata: "name:1 uid:2 namespace:3 attempt:4=number",
  PodSandboxConfig:
    "metadata:1=PodSandboxMetadata hostname:2 logDirectory:3 dnsConfig:4=DNSConfig portMappings:5=PortMapping[] labels:6{} annotations:7{} linux:8=LinuxPodSandboxConfig",
  RunPodSandboxRequest: "config:1=PodSandboxConfig runtimeHandler:2",
  RunPodSandboxResponse: "podSandboxId:1",
  StopPodSandboxRequest: "podSandboxId:1",
  RemovePodSandboxRequest: "podSandboxId:1",
  PodSandboxStatusRequest: "podSandboxId:1 verbose:2=bool",
  PodIP: "ip:1",
  PodSandboxNetworkStatus: "ip:1 additionalIps:2=PodIP[]",
  PodSandboxStatus:
    "id:1 metadata:2=PodSandboxMetadata state:3=number createdAt:4=number network:5=PodSandboxNetworkStatus labels:7{} annotations:8{}",
  PodSandboxStatusResponse: "status:1=PodSandboxStatus info:2{}",
  PodSandboxFilter: "id:1",
  ListPodSandboxRequest: "filter:1=PodSandboxFilter",
  PodSandbox: "id:1 metadata:2=PodSandboxMetadata state:3=number createdAt:4=number labels:5{} annotations:6{}",
  ListPodSandboxResponse: "items:1=PodSandbox[]",
  ImageSpec: "image:1 annotations:2{} userSpecifiedImage:18 runtimeHandler:19",
  KeyValue: "key:1 value:2",
  LinuxContainerResources:
    "cpuPeriod:1=number cpuQuota:2=number cpuShares:3=number memoryLimitInBytes:4=number oomScoreAdj:5=number cpusetCpus:6 cpusetMems:7 hugepageLimits:8=HugepageLimit[] unified:9{} memorySwapLimitInBytes:10=number",
  HugepageLimit: "pageSize:1 limit:2=number",
  Capability: "addCapabilities:1[] dropCapabilities:2[] addAmbientCapabilities:3[]",
  LinuxContainerSecurityContext:
    "capabilities:1=Capability privileged:2=bool namespaceOptions:3=NamespaceOption runAsUser:5=Int64Value runAsUsername:6 readonlyRootfs:7=bool supplementalGroups:8=number[] noNewPrivs:11=bool runAsGroup:12=Int64Value maskedPaths:13[] readonlyPaths:14[] seccomp:15=SecurityProfile apparmor:16=SecurityProfile supplementalGroupsPolicy:17=number",
  LinuxContainerConfig: "resources:1=LinuxContainerResources securityContext:2=LinuxContainerSecurityContext",
  ContainerMetadata: "name:1 attempt:2=number",
  Device: "containerPath:1 hostPath:2 permissions:3",
  ContainerConfig:
    "metadata:1=ContainerMetadata image:2=ImageSpec command:3[] args:4[] workingDir:5 envs:6=KeyValue[] mounts:7=Mount[] devices:8=Device[] labels:9{} annotations:10{} logPath:11 stdin:12=bool stdinOnce:13=bool tty:14=bool linux:15=LinuxContainerConfig",
  CreateContainerRequest: "podSandboxId:1 config:2=ContainerConfig sandboxConfig:3=PodSandboxConfig",
  CreateContainerResponse: "containerId:1",
  StartContainerRequest: "containerId:1",
  StopContainerRequest: "containerId:1 timeout:2=number",
  RemoveContainerRequest: "containerId:1",
  ContainerFilter: "id:1 podSandboxId:3",
  ListContainersRequest: "filter:1=ContainerFilter",
  Container:
    "id:1 podSandboxId:2 metadata:3=ContainerMetadata image:4=ImageSpec imageRef:5 state:6=number createdAt:7=number labels:8{} annotations:9{}",
  ListContainersResponse: "containers:1=Container[]",
  ContainerStatusRequest: "containerId:1 verbose:2=bool",
  ContainerStatus:
    "id:1 metadata:2=ContainerMetadata state:3=number createdAt:4=number startedAt:5=number finishedAt:6=number exitCode:7=number image:8=ImageSpec imageRef:9 reason:10 message:11 labels:12{} annotations:13{} logPath:15",
  ContainerStatusResponse: "status:1=ContainerStatus info:2{}",
  UpdateContainerResourcesRequest: "containerId:1 linux:2=LinuxContainerResources",
  ExecSyncRequest: "containerId:1 cmd:2[] timeout:3=number",
  ExecSyncResponse: "stdout:1=bytes stderr:2=bytes exitCode:3=number",
  ExecRequest: "containerId:1 cmd:2[] tty:3=bool stdin:4=bool stdout:5=bool stderr:6=bool",
  ExecResponse: "url:1",
  AttachRequest: "containerId:1 stdin:2=bool tty:3=bool stdout:4=bool stderr:5=bool",
  AttachResponse: "url:1",
  PortForwardRequest: "podSandboxId:1 port:2=number[]",
  PortForwardResponse: "url:1",
  ReopenContainerLogRequest: "containerId:1",
  ListImagesRequest: "",
  Image: "id:1 repoTags:2[] repoDigests:3[] size:4=number uid:5=Int64Value username:6 pinned:8=bool",
  ListImagesResponse: "images:1=Image[]",
  ImageStatusRequest: "image:1=ImageSpec verbose:2=bool",
  ImageStatusResponse: "image:1=Image info:2{}",
  AuthConfig: "username:1 password:2 auth:3 serverAddress:4 identityToken:5 registryToken:6",
  PullImageRequest: "image:1=ImageSpec auth:2=AuthConfig sandboxConfig:3=PodSandboxConfig",
  PullImageResponse: "imageRef:1",
  RemoveImageRequest: "image:1=ImageSpec",
  StatusRequest: "verbose:1=bool",
  RuntimeCondition: "type:1 status:2=bool reason:3 message:4",
  RuntimeStatus: "conditions:1=RuntimeCondition[]",
  StatusResponse: "status:1=RuntimeStatus info:2{}",
  ImageFsInfoRequest: "",
  FilesystemIdentifier: "mountpoint:1",
  FilesystemUsage: "timestamp:1=number fsId:2=FilesystemIdentifier usedBytes:3=UInt64Value inodesUsed:4=UInt64Value",
  ImageFsInfoResponse: "imageFilesystems:1=FilesystemUsage[]",
  ContainerAttributes: "id:1 metadata:2=ContainerMetadata labels:3{} annotations:4{}",
  CpuUsage: "timestamp:1=number usageCoreNanoSeconds:2=UInt64Value usageNanoCores:3=UInt64Value",
  MemoryUsage:
    "timestamp:1=number workingSetBytes:2=UInt64Value availableBytes:3=UInt64Value usageBytes:4=UInt64Value rssBytes:5=UInt64Value pageFaults:6=UInt64Value majorPageFaults:7=UInt64Value",
  ContainerStats:
    "attributes:1=ContainerAttributes cpu:2=CpuUsage memory:3=MemoryUsage writableLayer:4=FilesystemUsage",
  ContainerStatsFilter: "id:1 podSandboxId:2 labelSelector:3{}",
  ListContainerStatsRequest: "filter:1=ContainerStatsFilter",
  ListContainerStatsResponse: "stats:1=ContainerStats[]",
  Empty: "",
} as const;

export type MessageName = keyof typeof MESSAGES;

export interface FieldFact {
  readonly field: string;
  readonly number: number;
  /** `string`, `bytes`, `bool`, `number` or the name of a message. */
  readonly type: string;
  readonly repeated: boolean;
  readonly map: boolean;
}

const parsed = new Map<MessageName, readonly FieldFact[]>();

/** What a message consists of, in the order of the table. */
export function fieldsOf(name: MessageName): readonly FieldFact[] {
  let fields = parsed.get(name);
  if (!fields) {
    fields = [...MESSAGES[name].matchAll(/(\w+):(\d+)(?:=(\w+))?(\[\]|\{\})?/g)].map(
      ([, field = "", number, type = "string", form]) => ({
        field,
        number: Number(number),
        type,
        repeated: form === "[]",
        map: form === "{}",
      }),
    );
    parsed.set(name, fields);
  }
  return fields;
}
