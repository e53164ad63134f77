import { createHash } from "node:crypto";
import { PassThrough, Writable } from "node:stream";
import type { Clock } from "../../../client/index.ts";
import type { Pod } from "../../../openapi/api/core.v1.ts";
import { expand } from "../../environment.ts";
import type {
  ContainerConfig,
  Exit,
  Image,
  ProbeAnswer,
  ProbeRequest,
  RunningContainer,
  Runtime,
  Streams,
} from "../runtime.ts";
import type { Program } from "./behaviour.ts";
import { httpAcceptor, httpGet } from "./http-server.ts";
import { behaviourOf, resolveImage } from "./images.ts";
import { LogFile } from "./log-file.ts";
import type { Network } from "./network.ts";
import { defaultPage } from "./pages.ts";
import { hasProgram, runProgram, serveProgram } from "./programs.ts";

const hex = (...parts: unknown[]) => createHash("sha256").update(parts.join("\0")).digest("hex");
const SIGTERM = 15;
const SIGKILL = 9;
const MESSAGE_BYTES = 4096;
const MESSAGE_LINES = 80;

export interface SimulatedOptions {
  readonly clock: Clock;
  /** The node's own address, for Pods in the host's network. */
  readonly address: string;
  /** The next free address of each of the node's Pod ranges, and its way back. */
  readonly addresses: { take(): Promise<readonly string[]>; give(ip: string): void };
  /** Shared by the nodes of a process: their Pods reach each other. */
  readonly network: Network;
}

interface Logs {
  current: LogFile;
  previous?: LogFile;
}

/** Runs Pods as data: no process, no network, no disk; what containers do is in images.ts and programs.ts. */
export function simulatedRuntime({ clock, address, addresses, network }: SimulatedOptions): Runtime {
  const pulled = new Map<string, Image>();
  const logs = new Map<string, Map<string, Logs>>();
  /** By Pod uid. */
  const addressOf = new Map<string, string>();
  const uidOf = new Map<string, string>();

  return {
    version: "simulated://1.0.0",
    images: () => [...pulled.values()],
    findImage: async (name) => pulled.get(name) ?? pulled.get(`${name}:latest`),
    // Simulated Pods live in this process: nothing of them outlives it.
    recover: async () => undefined,
    removeOrphans: async () => {},
    // What simulated containers do reads no files.
    mountVolumes: async () => {},
    unmountVolumes: async () => {},
    stats: async () => [],
    async runSandbox({ pod }) {
      const uid = pod.metadata.uid ?? "";
      const id = hex("sandbox", uid);
      uidOf.set(id, uid);
      if (!logs.has(uid)) logs.set(uid, new Map());
      const ips = pod.spec.hostNetwork ? [address] : await addresses.take();
      for (const ip of ips) network.attach(ip);
      addressOf.set(uid, ips[0] ?? "");
      return { id, ips };
    },
    async removeSandbox({ id, ips }) {
      for (const ip of ips) {
        if (ip === address) continue;
        network.detach(ip);
        addresses.give(ip);
      }
      addressOf.delete(uidOf.get(id) ?? "");
      uidOf.delete(id);
    },
    async pullImage(image) {
      const found = pulled.get(image) ?? resolveImage(image);
      pulled.set(image, found);
      return found;
    },
    async startContainer(config) {
      const ofPod = logs.get(config.pod.metadata.uid ?? "") ?? new Map<string, Logs>();
      const old = ofPod.get(config.container.name);
      const file = new LogFile();
      ofPod.set(config.container.name, { current: file, ...(old && { previous: old.current }) });
      return startContainer(config, file, clock, network);
    },
    async logs(podUid, container, options, output, signal) {
      const files = logs.get(podUid)?.get(container);
      const file = options.previous ? files?.previous : files?.current;
      if (!file) {
        const what = options.previous ? "previous terminated container" : "container";
        throw new Error(`${what} "${container}" in pod not found`);
      }
      await file.copy(options, output, signal);
    },
    async connect(podUid, port) {
      const ip = addressOf.get(podUid);
      if (!ip) throw new Error("the Pod's sandbox is not running");
      return network.dial(ip, port);
    },
    dial: async (host, port) => network.dial(host, port),
    forgetPod: (podUid) => void logs.delete(podUid),
  };
}

/** The words of the main process: as given by the Pod, else by the image. */
function commandOf({ container, env }: ContainerConfig): readonly string[] {
  const behaviour = behaviourOf(container.image ?? "");
  const entrypoint = container.command?.length ? container.command : (behaviour?.entrypoint ?? []);
  const args = container.args?.length ? container.args : container.command?.length ? [] : (behaviour?.command ?? []);
  return [...entrypoint, ...args].map((word) => expand(word, env));
}

const hostnameOf = ({ metadata, spec }: Pod) => spec.hostname || metadata.name || "";

function startContainer(config: ContainerConfig, file: LogFile, clock: Clock, network: Network): RunningContainer {
  const { pod, container, attempt } = config;
  const startedAt = clock.now();
  const aborted = new AbortController();
  const env = {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOSTNAME: hostnameOf(pod),
    ...config.env,
  };
  const viewers = new Set<Streams>();
  const output = (pick: (streams: Streams) => Writable | undefined) =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        file.write(chunk.toString("utf8"), clock.now());
        for (const streams of viewers) (pick(streams) ?? streams.stdout)?.write(chunk);
        done();
      },
    });
  const stdin = new PassThrough();
  const args = commandOf(config);
  // Without a command of its own, and with one nobody knows, an image is taken for a server.
  const program: Program = args.length && hasProgram(args[0] ?? "") ? runProgram : serveProgram;
  const process = {
    args,
    env,
    hostname: hostnameOf(pod),
    clock,
    stdin: container.stdin ? stdin : undefined,
    stdout: output(({ stdout }) => stdout),
    stderr: output(({ stderr }) => stderr),
    signal: aborted.signal,
  };
  const closePorts = openPorts(config, network);
  let killer: { cancel(): void } | undefined;
  let kill: () => void = () => {};
  const killed = new Promise<number>((resolve) => {
    kill = () => resolve(128 + SIGKILL);
  });
  const exited: Promise<Exit> = Promise.race([program(process), killed]).then((exitCode) => {
    killer?.cancel();
    closePorts();
    const finishedAt = clock.now();
    file.close(finishedAt);
    for (const { stdout, stderr } of viewers) {
      stdout?.end();
      stderr?.end();
    }
    const fallback = container.terminationMessagePolicy === "FallbackToLogsOnError" && exitCode !== 0;
    const message = fallback ? file.tail(MESSAGE_BYTES, MESSAGE_LINES) : "";
    return { exitCode, reason: exitCode === 0 ? "Completed" : "Error", finishedAt, ...(message && { message }) };
  });
  return {
    id: `simulated://${hex("container", pod.metadata.uid, container.name, attempt)}`,
    startedAt,
    exited,
    stop(graceSeconds) {
      killer?.cancel();
      if (graceSeconds > 0) killer = clock.setTimeout(kill, graceSeconds * 1000);
      else kill();
      aborted.abort(SIGTERM);
    },
    async exec(command, streams, signal) {
      const both = new AbortController();
      const end = () => both.abort(SIGKILL);
      signal.addEventListener("abort", end);
      aborted.signal.addEventListener("abort", end);
      const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });
      try {
        return await runProgram({
          ...process,
          args: command,
          stdin: streams.stdin,
          stdout: streams.stdout ?? nowhere(),
          stderr: streams.stderr ?? streams.stdout ?? nowhere(),
          signal: both.signal,
        });
      } finally {
        signal.removeEventListener("abort", end);
        aborted.signal.removeEventListener("abort", end);
      }
    },
    async attach(streams, signal) {
      viewers.add(streams);
      const feed = (chunk: Buffer) => stdin.write(chunk);
      if (container.stdin) streams.stdin?.on("data", feed);
      const gone = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      await Promise.race([exited, gone]);
      streams.stdin?.off("data", feed);
      viewers.delete(streams);
    },
    probe: (request) => answer(request, config.sandbox.ips[0] ?? "", network),
    // Nothing that a simulated container does takes an amount of anything.
    resize: async () => {},
  };
}

/** Listens as the image does. @returns closes all */
function openPorts({ container, sandbox }: ContainerConfig, network: Network): () => void {
  const { servers } = behaviourOf(container.image ?? "") ?? {};
  const ip = sandbox.ips[0] ?? "";
  if (!servers) return network.listenElsewhere(ip, httpAcceptor(defaultPage));
  const close: (() => void)[] = [];
  for (const [port, handler] of Object.entries(servers)) {
    try {
      close.push(network.listen(ip, Number(port), httpAcceptor(handler)));
    } catch {
      // Another container of the Pod has the port already: a real one would end here, with a message of its own.
    }
  }
  return () => {
    for (const each of close) each();
  };
}

/** Probes as kubelet does, through the Pod's network. (pkg/probe) */
async function answer(request: ProbeRequest, ip: string, network: Network): Promise<ProbeAnswer> {
  const where = request.type === "http" ? `${request.scheme.toLowerCase()}://${ip}:${request.port}${request.path}` : "";
  try {
    const connection = network.dial(ip, request.port);
    if (request.type !== "http") {
      connection.destroy();
      return { ok: true, message: "" };
    }
    const headers = { Host: `${ip}:${request.port}`, "User-Agent": "kube-probe/1.36", ...request.headers };
    const { code } = await httpGet(connection, { target: request.path, headers });
    const ok = code >= 200 && code < 400;
    return { ok, message: ok ? "" : `HTTP probe failed with statuscode: ${code}` };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, message: where ? `Get "${where}": ${message}` : message };
  }
}
