import { Writable } from "node:stream";
import { type Clock, type Logger, sleep } from "../../../client/index.ts";
import type { Container, Pod } from "../../../openapi/api/core.v1.ts";
import { networkProbe } from "../../probes/network-probe.ts";
import { CommandTimedOut, type RunningContainer } from "../runtime.ts";
import { type CriClient, isNotFound, isTimeOut } from "./api/client.ts";
import type { ContainerWatch } from "./containers.ts";
import { limitCgroup } from "./daemon/cgroup-limits.ts";
import { containerResources, podResources } from "./pod/resources.ts";
import { podCgroup } from "./pod/sandbox-config.ts";
import { remoteCommand } from "./streaming.ts";

/** Pause between attempts to stop a container, in ms. */
const RETRY = 1_000;
const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });

export interface RunningFacts {
  readonly client: CriClient;
  readonly watch: ContainerWatch;
  readonly clock: Clock;
  readonly logger: Logger;
  /** As CRI knows it. */
  readonly id: string;
  readonly startedAt: Date;
  readonly container: Container;
  /** Where its ports are. */
  readonly ip: string;
  readonly memoryBytes: number;
  readonly cgroupRoot: string;
  /** Its Pod has other amounts now. */
  resized(pod: Pod): void;
}

/** A container that containerd runs. */
export function runningContainer(facts: RunningFacts): RunningContainer {
  const { client, watch, clock, logger, id, startedAt, container, ip, memoryBytes, cgroupRoot } = facts;
  const exited = watch.exited(id);
  let ended = false;
  void exited.then(() => {
    ended = true;
  });

  /** Who asks waits for its end, so a runtime that is away for a while is asked again. */
  async function stopContainer(graceSeconds: number): Promise<void> {
    while (!ended) {
      try {
        await client.stopContainer(id, graceSeconds);
        break;
      } catch (error) {
        if (isNotFound(error)) break;
        logger.warn({ err: error, container: id }, "stopping a container failed; trying again");
        await Promise.race([exited, sleep(clock, RETRY)]);
      }
    }
    await watch.look();
  }

  return {
    id: `containerd://${id}`,
    startedAt,
    exited,
    stop(graceSeconds) {
      void stopContainer(graceSeconds);
    },
    async exec(command, { stdin, stdout, stderr, tty, onResize }, signal) {
      const url = await client.exec({ containerId: id, cmd: command, tty, stdin: !!stdin, stdout: true, stderr: !tty });
      const streams = { ...(stdin && { stdin }), stdout: stdout ?? nowhere(), stderr: stderr ?? nowhere(), tty };
      return remoteCommand(url, { ...streams, ...(onResize && { onResize }) }, signal);
    },
    async run(command, limitSeconds, signal) {
      try {
        const { exitCode, stdout, stderr } = await client.execSync(id, command, limitSeconds, signal);
        return { exitCode, output: Buffer.concat([stdout, stderr]).toString("utf8") };
      } catch (error) {
        throw isTimeOut(error) ? new CommandTimedOut(command, limitSeconds) : error;
      }
    },
    async attach({ stdin, stdout, stderr, tty, onResize }, signal) {
      const input = container.stdin ? stdin : undefined;
      const url = await client.attach({ containerId: id, tty, stdin: !!input, stdout: true, stderr: !tty });
      const streams = { ...(input && { stdin: input }), stdout: stdout ?? nowhere(), stderr: stderr ?? nowhere(), tty };
      await remoteCommand(url, { ...streams, ...(onResize && { onResize }) }, signal);
    },
    probe: (request, signal) => networkProbe(request, ip, signal),
    async resize(wanted, resized) {
      const cgroup = podCgroup(resized, cgroupRoot).slice(1);
      const limits = podResources(resized);
      try {
        limitCgroup(cgroup, limits);
      } catch {
        // A container still has more than its Pod is to have: after it has less.
      }
      facts.resized(resized);
      const { oomScoreAdj: _, ...amounts } = containerResources(resized, wanted, memoryBytes);
      await client.updateContainerResources(id, amounts);
      try {
        limitCgroup(cgroup, limits);
      } catch (error) {
        // Until the last of its containers has less; then it succeeds.
        logger.debug({ err: error, cgroup }, "a Pod's cgroup keeps its limits for now");
      }
    },
  };
}
