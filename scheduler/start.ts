import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import {
  type Clock,
  createClient,
  createEventRecorder,
  createInformers,
  createRegistry,
  createSeriesRecorder,
  durationMs,
  type EndpointAddress,
  electLeader,
  type HealthCheck,
  type LeaderElection,
  type Logger,
  loadKubeconfig,
  observeLead,
  openTransport,
  type Random,
  serveComponent,
} from "../client/index.ts";
import { defaultConfiguration, loadConfiguration } from "./config/load.ts";
import type { Configuration } from "./config/types.ts";
import { written } from "./config/write.ts";
import type { CompileSelector } from "./devices/allocate.ts";
import { createSchedulerMetrics } from "./metrics.ts";
import { runScheduler } from "./scheduler.ts";

export interface SchedulerStartOptions {
  /** Path of the kubeconfig to act with; absent: that of the configuration. */
  readonly kubeconfig?: string;
  /** Overrides what the configuration says. */
  readonly leaderElect?: boolean;
  /** Path of a KubeSchedulerConfiguration; without one all is as upstream's defaults, but nobody is elected. */
  readonly config?: string;
  /** Where /healthz, /livez, /readyz, /metrics and /configz are; absent: nowhere, and nothing is counted. */
  readonly endpoints?: EndpointAddress;
  /** The engine for expressions that choose devices. */
  readonly compileSelector: CompileSelector;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Called when the lead is lost: everything has been stopped, and somebody should start anew. */
  onLost?(): void;
}

export interface RunningScheduler {
  /** Port of /healthz and its like; absent when they are not served. */
  readonly endpointsPort: number | undefined;
  stop(): Promise<void>;
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
export async function start(options: SchedulerStartOptions): Promise<RunningScheduler> {
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

  const registry = options.endpoints && createRegistry();
  const metrics = registry && createSchedulerMetrics(registry, clock);
  let election: LeaderElection | undefined;
  let isSynced = false;
  let isStopping = false;
  const check = (name: string, isWrong: () => string | undefined): HealthCheck => ({ name, check: isWrong });
  const watchdog = leaderElect ? [check("leaderElection", () => election?.check())] : [];
  const readiness = [
    ...watchdog,
    check("shutdown", () => (isStopping ? "process is shutting down" : undefined)),
    check("sched-handler-sync", () => (isSynced ? undefined : "handlers are not fully synchronized")),
  ];
  const endpoints =
    registry &&
    options.endpoints &&
    (await serveComponent({
      address: options.endpoints,
      component: "kube-scheduler",
      contents: {
        health: { healthz: () => watchdog, livez: () => [], readyz: () => readiness },
        metrics: registry,
        configz: { componentconfig: written(configuration, leaderElect) },
      },
      transport,
      clock,
      random,
      logger,
    }));
  if (registry && leaderElect) observeLead(registry, "kube-scheduler", () => election?.leading ?? false);

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
      ...(metrics && { metrics }),
    });
    informers.start();
    await informers.synced();
    isSynced = true;
    return {
      stop() {
        scheduler.stop();
        informers.stop();
      },
    };
  }

  election = leaderElect
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
    : undefined;
  const leading = election ?? (await lead());
  let stopped: Promise<void> | undefined;
  return {
    endpointsPort: endpoints?.port,
    stop() {
      stopped ??= (async () => {
        isStopping = true;
        await leading.stop();
        await endpoints?.stop();
        recorder.stop();
        await transport.close();
      })();
      return stopped;
    },
  };
}
