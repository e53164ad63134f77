import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import {
  type Clock,
  type ControllerContext,
  createClient,
  createEventRecorder,
  createInformers,
  createLogger,
  createMetrics,
  type EndpointAddress,
  electLeader,
  type HealthCheck,
  type LeaderElection,
  loadKubeconfig,
  observeLead,
  openTransport,
  type Random,
  runControllers,
  serveComponent,
  serviceAccountClients,
  systemClock,
} from "../client/index.ts";
import { controllers as allControllers, type ControllerSettings } from "./controllers.ts";
import { accountOf, actsAsManager } from "./credentials.ts";
import { queueNameOf } from "./queue-names.ts";
import { select } from "./selection.ts";
import type { CheckPolicyTypes } from "./validating-admission-policy/status.ts";

export interface StartOptions {
  /** Path of the kubeconfig to act with. */
  readonly kubeconfig: string;
  /** As `--controllers`: `*` all, `name` that one, `-name` not that one, separated by commas. */
  readonly controllers: string;
  readonly leaderElect: boolean;
  /** pino's level names. */
  readonly logLevel: string;
  /** The real ones when absent: these two cannot be sent to a thread. */
  readonly clock?: Clock;
  readonly random?: Random;
  /** Of single controllers. The root CA is the kubeconfig's when absent, as it is what verifies this server. */
  readonly settings: ControllerSettings;
  /** What tells of types in expressions of policies. Absent: nobody does. */
  readonly checkPolicyTypes?: CheckPolicyTypes;
  /** Where /healthz, /readyz, /metrics and /configz are; absent: nowhere, and nothing is counted. */
  readonly endpoints?: EndpointAddress;
  /** Called when the lead is lost: everything has been stopped, and somebody should start anew. */
  onLost?(): void;
}

/** Lease, in kube-system, that copies share; its times in seconds are upstream's. */
const LEASE = {
  namespace: "kube-system",
  name: "kube-controller-manager",
  leaseSeconds: 15,
  renewDeadlineSeconds: 10,
  retrySeconds: 2,
};

/** (informer-sync of apiserver/pkg/server/healthz) */
const notSynced = (pending: readonly string[]): string | undefined =>
  pending.length ? `${pending.length} informers not started yet: [${pending.join(" ")}]` : undefined;

export interface RunningControllers {
  /** Port of /healthz and its like; absent when they are not served. */
  readonly endpointsPort: number | undefined;
  /** Resolves when every informer has its first list; not before this copy leads. */
  readonly ready: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the controller manager. Without leader election it resolves when all caches are filled. Follows
 * cmd/kube-controller-manager.
 */
export async function start(options: StartOptions): Promise<RunningControllers> {
  const { clock = systemClock, random = Math.random, leaderElect } = options;
  const logger = createLogger("controllers", options.logLevel);
  const connection = await loadKubeconfig(options.kubeconfig);
  const transport = openTransport(connection, "kube-controller-manager");
  const client = createClient(transport);
  const accounts = serviceAccountClients({
    client,
    connection,
    clock,
    namespace: "kube-system",
    component: "kube-controller-manager",
  });
  const metrics = options.endpoints && createMetrics(clock);
  const { checkPolicyTypes } = options;
  const settings = { rootCa: connection.ca, ...options.settings, ...(checkPolicyTypes && { checkPolicyTypes }) };
  const chosen = select(allControllers(settings), options.controllers.split(","));
  let pending: () => readonly string[] = () => [];
  let election: LeaderElection | undefined;
  const leaderElection: HealthCheck = { name: "leaderElection", check: () => election?.check() };
  const informerSync: HealthCheck = { name: "informer-sync", check: () => notSynced(pending()) };
  /** Controllers that run, and whether the lead is held as it should be. */
  let health: readonly HealthCheck[] = leaderElect ? [leaderElection] : [];
  let markReady = () => {};
  const ready = new Promise<void>((resolve) => {
    markReady = resolve;
  });

  const lead = () => {
    const informers = createInformers({ transport, clock, random, logger });
    const context: ControllerContext = {
      client,
      informers,
      clock,
      random,
      logger,
      recorder: (component) => createEventRecorder({ client, clock, logger, component }),
      ...(metrics && { queueMetrics: (controller: string) => metrics.queue(queueNameOf(controller)) }),
    };
    const running = runControllers(chosen, context, metrics, (name) =>
      actsAsManager(name) ? client : accounts.client(accountOf(name)),
    );
    pending = informers.pending;
    health = [...health, ...chosen.map(({ name }) => ({ name, check: () => undefined }))];
    void informers.synced().then(markReady);
    return running;
  };
  const identity = `${hostname()}_${randomUUID()}`;
  const endpoints =
    metrics &&
    options.endpoints &&
    (await serveComponent({
      address: options.endpoints,
      component: "kube-controller-manager",
      contents: {
        health: {
          healthz: () => health,
          livez: () => [],
          readyz: () => [...(leaderElect ? [leaderElection] : []), informerSync],
        },
        metrics: metrics.registry,
      },
      transport,
      clock,
      random,
      logger,
    }));
  if (leaderElect && metrics) observeLead(metrics.registry, LEASE.name, () => election?.leading ?? false);
  election = leaderElect
    ? electLeader({
        client,
        clock,
        random,
        logger,
        recorder: createEventRecorder({ client, clock, logger, component: identity }),
        identity,
        ...LEASE,
        lead,
        lost: () => options.onLost?.(),
      })
    : undefined;
  const running = election ?? lead();

  if (!leaderElect) await ready;

  let stopping: Promise<void> | undefined;
  return {
    endpointsPort: endpoints?.port,
    ready,
    stop() {
      stopping ??= (async () => {
        for (const step of [
          () => running.stop(),
          () => endpoints?.stop(),
          () => accounts.close(),
          () => transport.close(),
        ]) {
          try {
            await step();
          } catch (error) {
            logger.error({ err: error }, "stopping");
          }
        }
      })();
      return stopping;
    },
  };
}
