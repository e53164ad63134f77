/** Older names, which upstream still takes. (cmd/kube-controller-manager/app) */
const ALIASES: Readonly<Record<string, string>> = {
  attachdetach: "persistentvolume-attach-detach-controller",
  bootstrapsigner: "bootstrap-signer-controller",
  "clusterrole-aggregation": "clusterrole-aggregation-controller",
  cronjob: "cronjob-controller",
  csrapproving: "certificatesigningrequest-approving-controller",
  csrcleaner: "certificatesigningrequest-cleaner-controller",
  csrsigning: "certificatesigningrequest-signing-controller",
  daemonset: "daemonset-controller",
  deployment: "deployment-controller",
  disruption: "disruption-controller",
  endpoint: "endpoints-controller",
  endpointslice: "endpointslice-controller",
  endpointslicemirroring: "endpointslice-mirroring-controller",
  "ephemeral-volume": "ephemeral-volume-controller",
  garbagecollector: "garbage-collector-controller",
  horizontalpodautoscaling: "horizontal-pod-autoscaler-controller",
  job: "job-controller",
  "legacy-service-account-token-cleaner": "legacy-serviceaccount-token-cleaner-controller",
  namespace: "namespace-controller",
  nodeipam: "node-ipam-controller",
  nodelifecycle: "node-lifecycle-controller",
  "persistentvolume-binder": "persistentvolume-binder-controller",
  "persistentvolume-expander": "persistentvolume-expander-controller",
  podgc: "pod-garbage-collector-controller",
  "pv-protection": "persistentvolume-protection-controller",
  "pvc-protection": "persistentvolumeclaim-protection-controller",
  replicaset: "replicaset-controller",
  replicationcontroller: "replicationcontroller-controller",
  "resource-claim-controller": "resourceclaim-controller",
  resourcequota: "resourcequota-controller",
  "root-ca-cert-publisher": "root-ca-certificate-publisher-controller",
  service: "service-lb-controller",
  serviceaccount: "serviceaccount-controller",
  "serviceaccount-token": "serviceaccount-token-controller",
  statefulset: "statefulset-controller",
  svm: "storage-version-migrator-controller",
  tokencleaner: "token-cleaner-controller",
  ttl: "ttl-controller",
  "ttl-after-finished": "ttl-after-finished-controller",
};

/** Controllers that other flags turn on: their names are known also while they are off. */
const CONDITIONAL = [
  "certificatesigningrequest-signing-controller",
  "node-ipam-controller",
  "root-ca-certificate-publisher-controller",
  "service-lb-controller",
  "serviceaccount-token-controller",
];

/** Options that make no sense. Who supervises components knows it by its name. */
class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * `--controllers` as upstream reads it: of what is said about one name, the first counts.
 * @throws Error for names that do not exist, all of them at once. (controller-manager/app IsControllerEnabled)
 */
export function select<C extends { name: string }>(all: readonly C[], wish: readonly string[]): C[] {
  const known = new Set([...all.map(({ name }) => name), ...CONDITIONAL]);
  const wishes = wish.map((text) => {
    const isOff = text.startsWith("-");
    const name = isOff ? text.slice(1) : text;
    return { isOff, name: known.has(name) ? name : (ALIASES[name] ?? name) };
  });
  const unknown = wishes.filter(({ name, isOff }) => (name !== "*" || isOff) && !known.has(name));
  const problems = unknown.map(({ name }) => `"${name}" is not in the list of known controllers`);
  if (problems.length > 0) throw new UsageError(problems.length > 1 ? `[${problems.join(", ")}]` : problems[0]);
  const isAnyOn = wishes.some(({ name }) => name === "*");
  return all.filter(({ name }) => {
    const said = wishes.find((one) => one.name === name);
    return said ? !said.isOff : isAnyOn;
  });
}
