import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, sleep } from "../../../../client/index.ts";
import { criClient } from "../api/client.ts";
import { kill, processesWith, wordAfter } from "./processes.ts";

export interface ContainerdOptions {
  /** Folder of all that it keeps. */
  readonly folder: string;
  /** Path of its socket; the kernel takes at most 107 bytes. */
  readonly socket: string;
  readonly cniPlugins: string;
  readonly cniConfig: string;
  /** Folder that says how registries are reached: in HOST:PORT/hosts.toml. The machine's own comes after it. */
  readonly registries: string;
  /** Image that holds a Pod's namespaces. */
  readonly pauseImage: string;
  readonly clock: Clock;
}

const MACHINE_REGISTRIES = "/etc/containerd/certs.d";
const SOCKET_BYTES = 107;
const START_MILLISECONDS = 20_000;
const STOP_MILLISECONDS = 5_000;
const LOOK_MILLISECONDS = 50;

const CAP_SYS_RESOURCE = 24n;

/** Only with this capability may a process be spared by the OOM killer more than its parent; runc fails without. */
function mayLowerOomScore(): boolean {
  const [, capabilities = "0"] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return ((BigInt(`0x${capabilities}`) >> CAP_SYS_RESOURCE) & 1n) === 1n;
}

/** Everything it writes is below its folder, so that nothing of the machine's own containerd is touched. */
export function containerdConfig({
  folder,
  socket,
  cniPlugins,
  cniConfig,
  registries,
  pauseImage,
}: ContainerdOptions): string {
  const quote = JSON.stringify;
  const cri = `plugins."io.containerd.grpc.v1.cri"`;
  return `version = 2
root = ${quote(join(folder, "root"))}
state = ${quote(join(folder, "state"))}
disabled_plugins = [${["aufs", "btrfs", "devmapper", "zfs"].map((name) => quote(`io.containerd.snapshotter.v1.${name}`)).join(", ")}]
[grpc]
  address = ${quote(socket)}
[plugins."io.containerd.internal.v1.opt"]
  path = ${quote(join(folder, "opt"))}
[${cri}]
  sandbox_image = ${quote(pauseImage)}
  netns_mounts_under_state_dir = true
  restrict_oom_score_adj = ${!mayLowerOomScore()}
  [${cri}.cni]
    bin_dir = ${quote(cniPlugins)}
    conf_dir = ${quote(cniConfig)}
  [${cri}.registry]
    config_path = ${quote([registries, MACHINE_REGISTRIES].join(":"))}
  [${cri}.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [${cri}.containerd.runtimes.runc.options]
      Root = ${quote(join(folder, "state", "runc"))}
      SystemdCgroup = false
`;
}

const pidFile = (folder: string) => join(folder, "pid");

/** The process that runs from this folder, also when somebody else started it. */
export function runningContainerd(folder: string): number | undefined {
  if (!existsSync(pidFile(folder))) return undefined;
  const pid = Number(readFileSync(pidFile(folder), "utf8"));
  try {
    // Numbers of processes are used again: the command line says whose it is.
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(join(folder, "config.toml")) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Starts containerd, unless it runs already, and waits until it answers. It outlives its starter. @throws Error */
export async function startContainerd(options: ContainerdOptions): Promise<void> {
  const { folder, socket, clock } = options;
  if (Buffer.byteLength(socket) > SOCKET_BYTES) {
    throw new Error(`${socket}: a socket's path has at most ${SOCKET_BYTES} bytes; choose a shorter data folder`);
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const logFile = join(folder, "containerd.log");
  const before = existsSync(logFile) ? statSync(logFile).size : 0;
  if (runningContainerd(folder) === undefined) {
    const config = join(folder, "config.toml");
    writeFileSync(config, containerdConfig(options));
    const log = openSync(logFile, "a", 0o600);
    const child = spawn("containerd", ["--config", config], { detached: true, stdio: ["ignore", log, log] });
    closeSync(log);
    await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
    writeFileSync(pidFile(folder), String(child.pid));
    child.unref();
  }
  const client = criClient(socket);
  try {
    const end = clock.now().getTime() + START_MILLISECONDS;
    for (;;) {
      // The socket is there before the services behind it are.
      const ready =
        existsSync(socket) &&
        (await client.version().then(
          () => true,
          () => false,
        ));
      if (ready) return;
      if (runningContainerd(folder) === undefined || clock.now().getTime() > end) {
        throw new Error(`containerd did not start, its log is ${logFile}:\n${newWords(logFile, before)}`);
      }
      await sleep(clock, LOOK_MILLISECONDS);
    }
  } finally {
    client.close();
  }
}

/** What a log has got since it had so many bytes: the end of it. */
const newWords = (file: string, before: number) => readFileSync(file).subarray(before).toString().slice(-2000).trim();

/** Ends containerd; containers go on. */
export async function stopContainerd(folder: string, clock: Clock): Promise<void> {
  // Its starter may have been killed before it wrote down which process it is.
  const config = join(folder, "config.toml");
  const running = () => processesWith((words) => wordAfter(words, "--config") === config);
  for (const pid of running()) kill(pid, "SIGTERM");
  const end = clock.now().getTime() + STOP_MILLISECONDS;
  for (let left = running(); left.length > 0; left = running()) {
    if (clock.now().getTime() > end) for (const pid of left) kill(pid, "SIGKILL");
    await sleep(clock, LOOK_MILLISECONDS);
  }
  rmSync(pidFile(folder), { force: true });
}
