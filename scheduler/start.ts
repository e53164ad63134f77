import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import {
  type Clock,
  createClient,
  createEventRecorder,
  createInformers,
  createSeriesRecorder,
  electLeader,
  type Logger,
  loadKubeconfig,
  openTransport,
  type Random,
} from "../client/index.ts";
import { runScheduler } from "./scheduler.ts";

export interface SchedulerStartOptions {
  /** Path of the kubeconfig to act with. */
  readonly kubeconfig: string;
  readonly leaderElect: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Called when the lead is lost: everything has been stopped, and somebody should start anew. */
  onLost?(): void;
}

/** Lease, in kube-system, that copies of the scheduler share; its times in seconds are upstream's. */
const LEASE = {
  namespace: "kube-system",
  name: "kube-scheduler",
  leaseSeconds: 15,
  renewDeadlineSeconds: 10,
  retrySeconds: 2,
};

/** Runs the scheduler against an API server. Resolves when it has seen the cluster and is placing Pods. */
export async function start(options: SchedulerStartOptions): Promise<{ stop(): Promise<void> }> {
  const { clock, random, logger } = options;
  const transport = openTransport(await loadKubeconfig(options.kubeconfig), "kube-scheduler");
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
      schedulerName: "default-scheduler",
      percentageOfNodesToScore: 0,
      firstBackoff: 1_000,
      longestBackoff: 10_000,
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

  const leading = options.leaderElect
    ? electLeader({
        ...LEASE,
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
