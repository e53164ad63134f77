import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import {
  type Clock,
  createClient,
  createEventRecorder,
  createInformers,
  createSeriesRecorder,
  durationMs,
  electLeader,
  type Logger,
  loadKubeconfig,
  openTransport,
  type Random,
} from "../client/index.ts";
import { defaultConfiguration, loadConfiguration } from "./config/load.ts";
import type { Configuration } from "./config/types.ts";
import type { CompileSelector } from "./devices/allocate.ts";
import { runScheduler } from "./scheduler.ts";

export interface SchedulerStartOptions {
  /** Path of the kubeconfig to act with; absent: that of the configuration. */
  readonly kubeconfig?: string;
  /** Overrides what the configuration says. */
  readonly leaderElect?: boolean;
  /** Path of a KubeSchedulerConfiguration; without one all is as upstream's defaults, but nobody is elected. */
  readonly config?: string;
  /** The engine for expressions that choose devices. */
  readonly compileSelector: CompileSelector;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Called when the lead is lost: everything has been stopped, and somebody should start anew. */
  onLost?(): void;
}

class UsageError extends Error {
  override readonly name = "UsageError";
}

/** @throws UsageError, which ends all further tries, when it cannot be read or is wrong. */
async function configurationFrom(path: string): Promise<Configuration> {
  try {
    return loadConfiguration(await readFile(path, "utf8"));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Runs the scheduler against an API server. Resolves when it has seen the cluster and is placing Pods. */
export async function start(options: SchedulerStartOptions): Promise<{ stop(): Promise<void> }> {
  const { clock, random, logger } = options;
  const configuration = options.config ? await configurationFrom(options.config) : defaultConfiguration();
  const { leaderElection } = configuration;
  const leaderElect = options.leaderElect ?? (options.config !== undefined && leaderElection.leaderElect);
  const path = options.kubeconfig ?? configuration.kubeconfig;
  if (!path)
    throw new UsageError("no kubeconfig: give --kubeconfig, or clientConnection.kubeconfig in the configuration");
  const transport = openTransport(await loadKubeconfig(path), "kube-scheduler");
  const client = createClient(transport);
  const recorder = createSeriesRecorder({ client, clock, logger, component: "default-scheduler" });

  async function lead(): Promise<{ stop(): void }> {
    const informers = createInformers({ transport, clock, random, logger });
    const scheduler = runScheduler({
      client,
      informers,
      clock,
      random,
      logger,
      recorder,
      configuration,
      compileSelector: options.compileSelector,
    });
    informers.start();
    await informers.synced();
    return {
      stop() {
        scheduler.stop();
        informers.stop();
      },
    };
  }

  const leading = leaderElect
    ? electLeader({
        namespace: leaderElection.resourceNamespace,
        name: leaderElection.resourceName,
        leaseSeconds: durationMs(leaderElection.leaseDuration) / 1000,
        renewDeadlineSeconds: durationMs(leaderElection.renewDeadline) / 1000,
        retrySeconds: durationMs(leaderElection.retryPeriod) / 1000,
        client,
        clock,
        random,
        logger,
        recorder: createEventRecorder({ client, clock, logger, component: "default-scheduler" }),
        identity: `${hostname()}_${randomUUID()}`,
        lead,
        lost: () => options.onLost?.(),
      })
    : await lead();
  let stopped: Promise<void> | undefined;
  return {
    stop() {
      stopped ??= (async () => {
        await leading.stop();
        recorder.stop();
        await transport.close();
      })();
      return stopped;
    },
  };
}
