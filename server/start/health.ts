import type { Endpoint, HealthCheck } from "../http/routes/health.ts";

const ALL: readonly Endpoint[] = ["healthz", "livez", "readyz"];

/**
 * The checks by upstream's names. What upstream starts in hooks is here either part of bootstrap or runs from the
 * start, so the hooks' checks say whether bootstrap is over.
 * @param options.isInGrace whether /livez takes for granted that hooks will finish
 */
export function healthChecks(
  state: { bootstrapped: boolean; stopping: boolean },
  options: {
    priorityAndFairness: boolean;
    reloadsEncryption: boolean;
    /** Why the database takes nothing more. */
    databaseFailure(): Error | undefined;
    /** Of the KMS plugins; absent: there are none. */
    checkPlugins?: (() => Promise<void>) | undefined;
    isInGrace(): boolean;
  },
): HealthCheck[] {
  const { priorityAndFairness, reloadsEncryption, databaseFailure, checkPlugins, isInGrace } = options;
  const always = (name: string, on = ALL): HealthCheck => ({ name, on, check: () => undefined });
  const afterStart = (name: string, on = ALL): HealthCheck => ({
    name,
    on,
    check(endpoint) {
      if (!state.bootstrapped && !(endpoint === "livez" && isInGrace())) throw new Error("not finished");
    },
  });
  return [
    always("ping"),
    always("log"),
    always("loopback-serving-certificate", ["healthz", "livez"]),
    {
      name: "etcd",
      on: ALL,
      check() {
        const failure = databaseFailure();
        if (failure) throw new Error(`error getting data from etcd: ${failure.message}`);
      },
    },
    ...(checkPlugins
      ? [{ name: "kms-providers", on: ["healthz", "readyz"], check: () => checkPlugins() } satisfies HealthCheck]
      : []),
    afterStart("etcd-readiness", ["readyz"]),
    afterStart("informer-sync", ["readyz"]),
    ...(priorityAndFairness ? HOOKS : WITHOUT_FAIRNESS).map((hook) => afterStart(hook)),
    ...(reloadsEncryption ? [afterStart("poststarthook/start-encryption-provider-config-automatic-reload")] : []),
    {
      name: "shutdown",
      on: ["readyz"],
      check() {
        if (state.stopping) throw new Error("process is shutting down");
      },
    },
  ];
}

const CONSUMER = "poststarthook/priority-and-fairness-config-consumer";
const FILTER = "poststarthook/priority-and-fairness-filter";
const HOOKS: readonly string[] = [
  "poststarthook/start-apiserver-admission-initializer",
  "poststarthook/generic-apiserver-start-informers",
  CONSUMER,
  FILTER,
  "poststarthook/storage-object-count-tracker-hook",
  "poststarthook/start-apiextensions-informers",
  "poststarthook/start-apiextensions-controllers",
  "poststarthook/crd-informer-synced",
  "poststarthook/start-system-namespaces-controller",
  "poststarthook/peer-endpoint-reconciler-controller",
  "poststarthook/start-cluster-authentication-info-controller",
  "poststarthook/start-kube-apiserver-identity-lease-controller",
  "poststarthook/start-kube-apiserver-identity-lease-garbage-collector",
  "poststarthook/storage-readiness",
  "poststarthook/start-legacy-token-tracking-controller",
  "poststarthook/start-service-ip-repair-controllers",
  "poststarthook/rbac/bootstrap-roles",
  "poststarthook/scheduling/bootstrap-system-priority-classes",
  "poststarthook/priority-and-fairness-config-producer",
  "poststarthook/bootstrap-controller",
  "poststarthook/start-kubernetes-service-cidr-controller",
  "poststarthook/aggregator-reload-proxy-client-cert",
  "poststarthook/start-kube-aggregator-informers",
  "poststarthook/apiservice-status-local-available-controller",
  "poststarthook/apiservice-status-remote-available-controller",
  "poststarthook/apiservice-registration-controller",
  "poststarthook/apiservice-discovery-controller",
  "poststarthook/kube-apiserver-autoregistration",
  "autoregister-completion",
  "poststarthook/apiservice-openapi-controller",
  "poststarthook/apiservice-openapiv3-controller",
];

const WITHOUT_FAIRNESS = HOOKS.filter((hook) => hook !== CONSUMER).map((hook) =>
  hook === FILTER ? "poststarthook/max-in-flight-filter" : hook,
);
