import { Client, credentials } from "@grpc/grpc-js";
import type { MessageName } from "./messages.ts";
import type {
  AuthConfig,
  ContainerItem,
  ContainerStats,
  ContainerStatus,
  ContainerWish,
  FilesystemUsage,
  ImageItem,
  LinuxContainerResources,
  SandboxConfig,
  SandboxItem,
  SandboxStatus,
} from "./types.ts";
import { decode, encode } from "./wire.ts";

const RUNTIME = "/runtime.v1.RuntimeService/";
const IMAGE = "/runtime.v1.ImageService/";
/** kubelet's --runtime-request-timeout, in ms. */
const DEADLINE = 120_000;
/** Pulling takes as long as it takes, within reason. */
const PULL_DEADLINE = 600_000;
const MAX_MESSAGE = 16 * 1024 * 1024;

/** gRPC's codes for what took too long, and for what is not there. */
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;

/** @returns whether a call failed because its object is not there (any more). */
export const isNotFound = (error: unknown): boolean => (error as { code?: number }).code === NOT_FOUND;

/** @returns whether a call failed because what it asked for took longer than it may. */
export const isTimeOut = (error: unknown): boolean => (error as { code?: number }).code === DEADLINE_EXCEEDED;

/** A container runtime's two services. Every call throws grpc-js' ServiceError with `code` and `details`. */
export interface CriClient {
  version(): Promise<{ runtimeName: string; runtimeVersion: string }>;
  status(): Promise<{ conditions: { type: string; status: boolean; reason: string; message: string }[] }>;
  runPodSandbox(config: SandboxConfig, runtimeHandler: string): Promise<string>;
  stopPodSandbox(id: string): Promise<void>;
  removePodSandbox(id: string): Promise<void>;
  podSandboxStatus(id: string): Promise<SandboxStatus>;
  listPodSandbox(): Promise<SandboxItem[]>;
  createContainer(sandbox: string, config: ContainerWish, sandboxConfig: SandboxConfig): Promise<string>;
  startContainer(id: string): Promise<void>;
  /** @param timeout seconds until SIGKILL */
  stopContainer(id: string, timeout: number): Promise<void>;
  removeContainer(id: string): Promise<void>;
  listContainers(): Promise<ContainerItem[]>;
  containerStatus(id: string): Promise<ContainerStatus>;
  updateContainerResources(id: string, linux: LinuxContainerResources): Promise<void>;
  /** @param timeout seconds that the command may run, 0 for any @throws one that `isTimeOut` */
  execSync(
    id: string,
    cmd: readonly string[],
    timeout: number,
    signal?: AbortSignal,
  ): Promise<{ stdout: Buffer; stderr: Buffer; exitCode: number }>;
  /** These three return the URL of a stream. */
  exec(request: ExecWish): Promise<string>;
  attach(request: Omit<ExecWish, "cmd">): Promise<string>;
  portForward(sandbox: string, port: number): Promise<string>;
  reopenContainerLog(id: string): Promise<void>;
  listContainerStats(): Promise<ContainerStats[]>;
  listImages(): Promise<ImageItem[]>;
  imageStatus(image: string): Promise<ImageItem | undefined>;
  /** @returns what `imageStatus` finds it by */
  pullImage(image: string, auth: AuthConfig | undefined, sandboxConfig: SandboxConfig): Promise<string>;
  removeImage(image: string): Promise<void>;
  imageFsInfo(): Promise<FilesystemUsage[]>;
  close(): void;
}

export interface ExecWish {
  readonly containerId: string;
  readonly cmd: readonly string[];
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

/** @param socket path of a unix socket. Nothing is connected before the first call. */
export function criClient(socket: string): CriClient {
  const client = new Client(`unix://${socket}`, credentials.createInsecure(), {
    "grpc.max_receive_message_length": MAX_MESSAGE,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1000,
  });
  // The answer has the shape that the table of messages gives it, which types.ts repeats for the compiler.
  function call<T>(
    service: string,
    method: string,
    request: object,
    deadline = DEADLINE,
    answer?: MessageName,
    signal?: AbortSignal,
  ) {
    const [input, output] = [`${method}Request` as MessageName, answer ?? (`${method}Response` as MessageName)];
    return new Promise<T>((resolve, reject) => {
      const made = client.makeUnaryRequest<object, object>(
        service + method,
        (message) => encode(input, message),
        (bytes) => decode(output, bytes),
        request,
        { deadline: performance.timeOrigin + performance.now() + deadline },
        (error, result) => {
          signal?.removeEventListener("abort", cancel);
          if (error) reject(plain(error));
          else resolve(result as T);
        },
      );
      const cancel = () => made.cancel();
      signal?.addEventListener("abort", cancel);
      if (signal?.aborted) cancel();
    });
  }
  const runtime = <T>(method: string, request: object, deadline?: number) =>
    call<T>(RUNTIME, method, request, deadline);
  const without = async (method: string, request: object, deadline?: number) => {
    await call(RUNTIME, method, request, deadline, "Empty");
  };
  const image = <T>(method: string, request: object, deadline?: number) => call<T>(IMAGE, method, request, deadline);
  return {
    version: () => runtime("Version", {}),
    status: async () => (await runtime<{ status: never }>("Status", {})).status,
    runPodSandbox: async (config, runtimeHandler) =>
      (await runtime<{ podSandboxId: string }>("RunPodSandbox", { config, runtimeHandler }, 2 * DEADLINE)).podSandboxId,
    stopPodSandbox: (podSandboxId) => without("StopPodSandbox", { podSandboxId }),
    removePodSandbox: (podSandboxId) => without("RemovePodSandbox", { podSandboxId }),
    podSandboxStatus: async (podSandboxId) =>
      (await runtime<{ status: SandboxStatus }>("PodSandboxStatus", { podSandboxId })).status,
    listPodSandbox: async () => (await runtime<{ items: SandboxItem[] }>("ListPodSandbox", {})).items,
    createContainer: async (podSandboxId, config, sandboxConfig) =>
      (await runtime<{ containerId: string }>("CreateContainer", { podSandboxId, config, sandboxConfig })).containerId,
    startContainer: (containerId) => without("StartContainer", { containerId }),
    stopContainer: (containerId, timeout) =>
      without("StopContainer", { containerId, timeout }, timeout * 1000 + DEADLINE),
    removeContainer: (containerId) => without("RemoveContainer", { containerId }),
    listContainers: async () => (await runtime<{ containers: ContainerItem[] }>("ListContainers", {})).containers,
    containerStatus: async (containerId) =>
      (await runtime<{ status: ContainerStatus }>("ContainerStatus", { containerId })).status,
    updateContainerResources: (containerId, linux) => without("UpdateContainerResources", { containerId, linux }),
    execSync: (containerId, cmd, timeout, signal) => {
      const deadline = timeout ? timeout * 1000 + DEADLINE : Number.POSITIVE_INFINITY;
      return call(RUNTIME, "ExecSync", { containerId, cmd, timeout }, deadline, undefined, signal);
    },
    exec: async (request) => (await runtime<{ url: string }>("Exec", request)).url,
    attach: async (request) => (await runtime<{ url: string }>("Attach", request)).url,
    portForward: async (podSandboxId, port) =>
      (await runtime<{ url: string }>("PortForward", { podSandboxId, port: [port] })).url,
    reopenContainerLog: (containerId) => without("ReopenContainerLog", { containerId }),
    listContainerStats: async () => (await runtime<{ stats: ContainerStats[] }>("ListContainerStats", {})).stats,
    listImages: async () => (await image<{ images: ImageItem[] }>("ListImages", {})).images,
    imageStatus: async (name) => (await image<{ image?: ImageItem }>("ImageStatus", { image: { image: name } })).image,
    pullImage: async (name, auth, sandboxConfig) =>
      (await image<{ imageRef: string }>("PullImage", { image: { image: name }, auth, sandboxConfig }, PULL_DEADLINE))
        .imageRef,
    removeImage: async (name) => {
      await call(IMAGE, "RemoveImage", { image: { image: name } }, DEADLINE, "Empty");
    },
    imageFsInfo: async () => (await image<{ imageFilesystems: FilesystemUsage[] }>("ImageFsInfo", {})).imageFilesystems,
    close: () => client.close(),
  };
}

const CODES = [
  "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists", "PermissionDenied",
  "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented", "Internal", "Unavailable",
  "DataLoss", "Unauthenticated",
] as const; // biome-ignore format: a table

/** Says it as Go's gRPC does, because events show these texts. */
function plain(error: { code: number; details: string }): Error {
  const message = `rpc error: code = ${CODES[error.code] ?? "Unknown"} desc = ${error.details}`;
  return Object.assign(new Error(message), { code: error.code, details: error.details });
}
