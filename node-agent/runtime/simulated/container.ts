import { PassThrough, Writable } from "node:stream";
import { type Clock, type Random, sleep } from "../../../client/index.ts";
import { runAsUser } from "../../container-config.ts";
import { type ContainerConfig, type Exit, type RunningContainer, StartError, type Streams } from "../runtime.ts";
import type { Privileges, Process, Program } from "./behaviour.ts";
import type { Allowance } from "./cgroup-files.ts";
import { containerFiles } from "./container-files.ts";
import type { Identity } from "./files/file-system.ts";
import type { FileNode, Node } from "./files/node.ts";
import type { ImageDefinition } from "./image.ts";
import type { LogFile } from "./log-file.ts";
import type { Network } from "./network/network.ts";
import { type NameServer, processNetwork } from "./network/process-network.ts";
import type { Stack } from "./network/stack.ts";
import { answerProbe } from "./probe.ts";
import { findProgram, native, runProgram } from "./programs.ts";
import { runWithin } from "./run-within.ts";
import { probeFailure, type Scenario, scenarioOf } from "./scenario.ts";
import { serve } from "./serve.ts";
import { terminal } from "./terminal.ts";

const SIGTERM = 15;
const SIGKILL = 9;
const MESSAGE_BYTES = 4096;
const FALLBACK_BYTES = 2048;
const FALLBACK_LINES = 80;

export interface StartOptions {
  readonly id: string;
  readonly log: LogFile;
  readonly clock: Clock;
  readonly random: Random;
  /** undefined: nobody has said what it does. */
  readonly image: ImageDefinition | undefined;
  readonly network: Network;
  /** The Pod's own, and its node's. */
  readonly stack: Stack;
  readonly node: Stack;
  readonly names: NameServer | undefined;
  /** What the node has: memory in bytes. */
  readonly amounts: { readonly cpus: number; readonly memory: number };
  /** What stands where, of the Pod's volumes. */
  readonly mounts: ReadonlyMap<string, { readonly node: Node; readonly readOnly: boolean }>;
}

/** The words of the main process: as given by the Pod, else by the image. */
function commandOf({ command, args }: ContainerConfig, image: ImageDefinition | undefined): readonly string[] {
  const entrypoint = command.length > 0 ? command : (image?.entrypoint ?? []);
  const rest = args.length > 0 || command.length > 0 ? args : (image?.command ?? []);
  return [...entrypoint, ...rest];
}

function identityOf({ pod, container, image }: ContainerConfig): Identity {
  const { securityContext: ofPod } = pod.spec;
  const uid = runAsUser(pod, container) ?? image.uid ?? 0;
  const gid = container.securityContext?.runAsGroup ?? ofPod?.runAsGroup ?? 0;
  const { fsGroup, supplementalGroups = [] } = ofPod ?? {};
  return { uid, gid, groups: [...(fsGroup === undefined ? [] : [fsGroup]), ...supplementalGroups] };
}

function privilegesOf({ container: { securityContext = {} } }: ContainerConfig): Privileges {
  const privileged = securityContext.privileged ?? false;
  return { privileged, escalation: privileged || securityContext.allowPrivilegeEscalation !== false };
}

function environmentOf(config: ContainerConfig, image: ImageDefinition | undefined, uid: number) {
  return {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOSTNAME: config.hostname,
    ...image?.env,
    ...config.env,
    HOME: config.env.HOME ?? image?.env?.HOME ?? (uid === 0 ? "/root" : "/"),
  };
}

const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });

/** Runs a container as data. @throws StartError when it has no such program */
export async function startContainer(config: ContainerConfig, options: StartOptions): Promise<RunningContainer> {
  const { container } = config;
  const { id, log, clock, random, image, network, stack, node, names, mounts } = options;
  const scenario = scenarioFor(config, id);
  if (scenario.startAfterMs > 0) await sleep(clock, scenario.startAfterMs);
  const startedAt = clock.now();
  const terminated = new AbortController();
  const aborted = new AbortController();
  const identity = identityOf(config);
  const viewers = new Set<Streams>();
  const output = (pick: (streams: Streams) => Writable | undefined) =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        log.write(chunk.toString("utf8"), clock.now());
        for (const streams of viewers) (pick(streams) ?? streams.stdout)?.write(chunk);
        done();
      },
    });
  const input = container.stdin ? new PassThrough() : undefined;
  const stdout = output((streams) => streams.stdout);
  const screen = container.tty ? terminal(input, stdout) : undefined;
  const closes = new Set<() => void>();
  const allowance: Allowance = { pod: config.pod, container };
  const surroundings = { clock, allowance, node: options.amounts };
  const { files, message } = containerFiles(config, image, identity, mounts, surroundings);
  const process: Process = {
    args: commandOf(config, image),
    env: environmentOf(config, image, identity.uid),
    cwd: container.workingDir || image?.workingDir || "/",
    hostname: config.hostname,
    clock,
    stdin: screen ? screen.stdin : input,
    stdout: screen?.stdout ?? stdout,
    stderr: screen?.stdout ?? output((streams) => streams.stderr),
    signal: aborted.signal,
    terminate: terminated.signal,
    terminateFirst: () => terminated.abort(SIGTERM),
    files,
    network: processNetwork(network, stack, names, closes),
    image,
    ...(screen && { terminal: screen }),
    privileges: privilegesOf(config),
    random,
    run: runProgram,
  };
  const { exitAfterMs, exitCode: scripted } = scenario;
  const program = config.attempt < scenario.failStarts ? async () => 1 : await mainProgram(process, id);
  let killer: { cancel(): void } | undefined;
  let end: (exitCode: number) => void = () => {};
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  const kill = () => end(128 + SIGKILL);
  const fuse = exitAfterMs === undefined ? undefined : clock.setTimeout(() => end(scripted ?? 0), exitAfterMs);
  const byItself = (exitCode: number) => (terminated.signal.aborted ? exitCode : (scripted ?? exitCode));
  const failed = (error: unknown) => {
    log.write(`simulated program failed: ${error instanceof Error ? error.message : String(error)}\n`, clock.now());
    return 1;
  };
  const exited: Promise<Exit> = Promise.race([program(process).catch(failed).then(byItself), ended]).then(
    async (exitCode) => {
      killer?.cancel();
      fuse?.cancel();
      for (const close of closes) close();
      await flushed(process.stdout, screen !== undefined);
      const finishedAt = clock.now();
      log.close(finishedAt);
      for (const streams of viewers) {
        streams.stdout?.end();
        streams.stderr?.end();
      }
      // Commands of others inside end with it.
      if (!aborted.signal.aborted) aborted.abort(SIGKILL);
      const text = terminationMessage(config, message, log, exitCode);
      return { exitCode, reason: exitCode === 0 ? "Completed" : "Error", finishedAt, ...(text && { message: text }) };
    },
  );
  return {
    id,
    startedAt,
    exited,
    stop(graceSeconds) {
      killer?.cancel();
      if (graceSeconds > 0) killer = clock.setTimeout(kill, graceSeconds * 1000);
      else kill();
      terminated.abort(SIGTERM);
    },
    exec: (command, streams, signal) => exec(process, command, streams, AbortSignal.any([signal, aborted.signal])),
    run: (command, limitSeconds, signal) =>
      runWithin({ command, limitSeconds, clock }, AbortSignal.any([signal, aborted.signal]), (streams, within) =>
        exec(process, command, streams, within),
      ),
    async attach(streams, signal) {
      viewers.add(streams);
      if (screen) streams.onResize?.(screen.resize);
      const feed = (chunk: Buffer) => void input?.write(chunk);
      let leave = () => {};
      const left = new Promise<void>((resolve) => {
        leave = resolve;
      });
      // Whoever has no more to say leaves, unless the container was to hear but one: then it hears the end. What is said
      // in answer still arrives. (containerd's container IO Attach)
      const end = () => (container.stdinOnce && !container.tty ? input?.end() : setImmediate(leave));
      if (container.stdin) streams.stdin?.on("data", feed).once("end", end);
      signal.addEventListener("abort", leave, { once: true });
      await Promise.race([exited, left]);
      streams.stdin?.off("data", feed).off("end", end);
      viewers.delete(streams);
    },
    probe: (request, signal) => answerProbe(request, stack.addresses[0] ?? "", network, node, signal),
    failing: () => probeFailure(scenario, clock.now().getTime() - startedAt.getTime()),
    async resize(changed, pod) {
      Object.assign(allowance, { container: changed, pod });
    },
  };
}

function scenarioFor({ pod, container }: ContainerConfig, id: string): Scenario {
  try {
    return scenarioOf(pod, container.name);
  } catch (error) {
    throw new StartError(id, error instanceof Error ? error.message : String(error));
  }
}

/** Without a command, and with one nobody knows, an image that nobody described is taken for a server. */
async function mainProgram(process: Process, id: string): Promise<Program> {
  const { args, image } = process;
  if (args.length > 0) {
    if (await findProgram(process)) return runProgram;
    if (image) throw new StartError(id, notFound(args[0] ?? ""));
  }
  return native(serve);
}

/** As runc words it, through containerd. */
const notFound = (name: string) => {
  const task = "failed to create containerd task: failed to create shim task: OCI runtime create failed";
  const missing = name.includes("/") ? `stat ${name}: no such file or directory` : "executable file not found in $PATH";
  return `${task}: runc create failed: unable to start container process: error during container init: exec: "${name}": ${missing}`;
};

/** Text that went through a terminal comes out a turn later. */
const flushed = (_stream: Writable, hasTerminal: boolean) =>
  hasTerminal ? new Promise<void>((resolve) => setImmediate(resolve)) : Promise.resolve();

async function exec(process: Process, command: readonly string[], streams: Streams, signal: AbortSignal) {
  const { stdout = nowhere(), stdin } = streams;
  const screen = streams.tty ? terminal(stdin, stdout) : undefined;
  if (screen) streams.onResize?.(screen.resize);
  const ended = new AbortController();
  const end = () => ended.abort(SIGKILL);
  if (signal.aborted) end();
  else signal.addEventListener("abort", end, { once: true });
  const { terminal: _own, terminate: _, ...rest } = process;
  try {
    const code = await runProgram({
      ...rest,
      args: command,
      env: streams.tty ? { TERM: "xterm", ...process.env } : process.env,
      stdin: screen ? screen.stdin : stdin,
      stdout: screen?.stdout ?? stdout,
      stderr: screen?.stdout ?? streams.stderr ?? stdout,
      signal: ended.signal,
      ...(screen && { terminal: screen }),
    });
    await flushed(stdout, screen !== undefined);
    return code;
  } finally {
    signal.removeEventListener("abort", end);
  }
}

/** (kuberuntime_container.go getTerminationMessage) */
function terminationMessage({ container }: ContainerConfig, file: FileNode, log: LogFile, exitCode: number): string {
  if (file.content.length > 0) return file.content.subarray(0, MESSAGE_BYTES).toString("utf8");
  const fallback = container.terminationMessagePolicy === "FallbackToLogsOnError" && exitCode !== 0;
  return fallback ? log.tail(FALLBACK_BYTES, FALLBACK_LINES) : "";
}
