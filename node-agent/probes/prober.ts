import { type Clock, sleep } from "../../client/index.ts";
import type { Container, Probe } from "../../openapi/api/core.v1.ts";
import { CommandTimedOut, type ProbeAnswer, type RunningContainer } from "../runtime/runtime.ts";
import { portOf } from "./port.ts";
import { countProbe, type ProbeCount } from "./probe-meter.ts";

export interface ProbeOptions {
  readonly container: Container;
  readonly running: RunningContainer;
  readonly clock: Clock;
  /** The Pod's address, for texts. */
  readonly address: string;
  /** Where answers are counted. */
  count(kind: "Startup" | "Liveness" | "Readiness"): ProbeCount;
  /** The start-up probe passed. */
  started(): void;
  ready(ready: boolean): void;
  /** A probe could not be made. */
  errored(kind: "Startup" | "Liveness" | "Readiness", message: string): void;
  unhealthy(kind: "Startup" | "Liveness" | "Readiness", message: string): void;
  /** A probe passed, with something to say all the same. */
  warned(kind: "Startup" | "Liveness" | "Readiness", message: string): void;
  /** The container has to be stopped. `grace` in seconds when the probe has its own. */
  kill(kind: "startup" | "liveness", grace: number | undefined): void;
}

/** Output of a failed exec probe that its event shows, in characters. */
const OUTPUT = 10 * 1024;

/** How often a probe that could not be made is made, before that is told. (maxProbeRetries) */
const MAX_TRIES = 3;

/** Made once: an abort without a reason makes an exception with a stack each time. */
const STOPPED = new Error("the probe was stopped");

export interface Probes {
  stop(): void;
  /** The Pod ends: nothing is to be started again, but whether the container serves still counts. */
  stopLivenessAndStartup(): void;
}

/** Runs a container's probes until stopped: start-up alone first, then liveness and readiness. (pkg/kubelet/prober) */
export function startProbes(options: ProbeOptions): Probes {
  const { container } = options;
  const serving = new AbortController();
  const living = new AbortController();
  const others = () => {
    if (container.readinessProbe) void loop(container.readinessProbe, "Readiness", options, serving.signal);
    if (container.livenessProbe) void loop(container.livenessProbe, "Liveness", options, living.signal);
  };
  if (container.startupProbe) {
    const started = () => {
      options.started();
      others();
    };
    void loop(container.startupProbe, "Startup", { ...options, started }, living.signal);
  } else {
    others();
  }
  const stopLivenessAndStartup = () => living.abort(STOPPED);
  return {
    stopLivenessAndStartup,
    stop() {
      stopLivenessAndStartup();
      serving.abort(STOPPED);
    },
  };
}

async function loop(
  probe: Probe,
  kind: "Startup" | "Liveness" | "Readiness",
  options: ProbeOptions,
  signal: AbortSignal,
) {
  const { clock, running } = options;
  const period = (probe.periodSeconds ?? 10) * 1000;
  const begin = running.startedAt.getTime() + (probe.initialDelaySeconds ?? 0) * 1000;
  await sleep(clock, begin - clock.now().getTime(), signal);
  let successes = 0;
  let failures = 0;
  const count = options.count(kind);
  while (!signal.aborted) {
    const asked = clock.now().getTime();
    const answer = await severalTimes(() => once(probe, options, signal), signal).catch((error: unknown) => {
      if (!signal.aborted) options.errored(kind, error instanceof Error ? error.message : String(error));
      return undefined;
    });
    if (signal.aborted) return;
    const result = answer === undefined ? "unknown" : answer.ok ? "successful" : "failed";
    countProbe(count, result, (clock.now().getTime() - asked) / 1000);
    // What could not be asked says nothing of the container: its runtime may be starting again.
    if (answer === undefined) {
      await sleep(clock, period, signal);
      continue;
    }
    if (answer.ok) {
      if (answer.warning !== undefined) options.warned(kind, answer.warning);
      failures = 0;
      successes++;
      if (successes >= (probe.successThreshold ?? 1)) {
        if (kind === "Startup") return options.started();
        if (kind === "Readiness") options.ready(true);
      }
    } else {
      successes = 0;
      failures++;
      options.unhealthy(kind, answer.message);
      if (failures >= (probe.failureThreshold ?? 3)) {
        if (kind === "Readiness") options.ready(false);
        else return options.kill(kind === "Startup" ? "startup" : "liveness", probe.terminationGracePeriodSeconds);
      }
    }
    await sleep(clock, period, signal);
  }
}

/** Asks again at once where nobody could be asked. (pkg/kubelet/prober runProbeWithRetries) */
async function severalTimes(attempt: () => Promise<ProbeAnswer>, signal: AbortSignal): Promise<ProbeAnswer> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (tries >= MAX_TRIES || signal.aborted) throw error;
    }
  }
}

/** One attempt, within its time limit. @throws Error when there was nobody to ask */
async function once(
  probe: Probe,
  { container, running, clock, address }: ProbeOptions,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const limit = (probe.timeoutSeconds ?? 1) * 1000;
  // Here the runtime looks at the time: it knows when the command has begun.
  if (probe.exec) return runProbe(probe.exec.command ?? [], running, limit / 1000, signal);
  const mine = new AbortController();
  const stop = () => mine.abort(STOPPED);
  signal.addEventListener("abort", stop);
  const late = sleep(clock, limit, mine.signal).then(() => ({
    ok: false,
    message: lateness(probe, container, address, `${limit / 1000}s`),
  }));
  try {
    return await Promise.race([ask(probe, container, running, mine.signal), late]);
  } finally {
    signal.removeEventListener("abort", stop);
    mine.abort(STOPPED);
  }
}

/** What kubelet says of a probe that took too long. (pkg/probe) */
function lateness({ httpGet, tcpSocket }: Probe, container: Container, address: string, limit: string): string {
  const at = (host: string | undefined, port: number | string) =>
    `${host || (address.includes(":") ? `[${address}]` : address)}:${portOf(port, container)}`;
  if (tcpSocket) return `dial tcp ${at(tcpSocket.host, tcpSocket.port)}: i/o timeout`;
  if (!httpGet) return `timeout: health rpc did not complete within ${limit}`;
  const { scheme = "HTTP", host, port, path = "/" } = httpGet;
  const url = `${scheme.toLowerCase()}://${at(host, port)}${path.startsWith("/") ? "" : "/"}${path}`;
  return `Get ${JSON.stringify(url)}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)`;
}

/** (pkg/probe/exec) @throws Error when it could not be run */
async function runProbe(
  command: readonly string[],
  running: RunningContainer,
  limitSeconds: number,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const failing = running.failing?.();
  if (failing !== undefined) return { ok: false, message: failing };
  try {
    const { exitCode, output } = await running.run(command, limitSeconds, signal);
    return { ok: exitCode === 0, message: output.slice(0, OUTPUT) };
  } catch (error) {
    if (error instanceof CommandTimedOut) return { ok: false, message: error.message };
    throw error;
  }
}

async function ask(
  { httpGet, tcpSocket, grpc }: Probe,
  container: Container,
  running: RunningContainer,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const failing = running.failing?.();
  if (failing !== undefined) return { ok: false, message: failing };
  if (httpGet) {
    return running.probe(
      {
        type: "http",
        scheme: httpGet.scheme ?? "HTTP",
        ...(httpGet.host && { host: httpGet.host }),
        port: portOf(httpGet.port, container),
        path: httpGet.path ?? "/",
        headers: Object.fromEntries((httpGet.httpHeaders ?? []).map(({ name, value }) => [name, value])),
      },
      signal,
    );
  }
  if (grpc) return running.probe({ type: "grpc", port: grpc.port, service: grpc.service ?? "" }, signal);
  if (tcpSocket) {
    const { host, port } = tcpSocket;
    return running.probe({ type: "tcp", ...(host && { host }), port: portOf(port, container) }, signal);
  }
  return { ok: true, message: "" };
}
