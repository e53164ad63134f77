import type { HttpClient, Json } from "../http.ts";
import { NAMESPACE, type Workload } from "./workloads.ts";

/** What is not yet as it should be, in words; none when the cluster has settled. */
export async function problems(api: HttpClient, wanted: ReadonlyMap<string, Workload>): Promise<string[]> {
  const list = async (path: string): Promise<Json[]> => {
    const { status, body } = await api.get(path);
    if (status !== 200) throw new Error(`${path} answered ${status}`);
    return body.items;
  };
  const apps = `/apis/apps/v1/namespaces/${NAMESPACE}`;
  const [pods, replicaSets, deployments, statefulSets, jobs, slices] = await Promise.all([
    list(`/api/v1/namespaces/${NAMESPACE}/pods`),
    list(`${apps}/replicasets`),
    list(`${apps}/deployments`),
    list(`${apps}/statefulsets`),
    list(`/apis/batch/v1/namespaces/${NAMESPACE}/jobs`),
    list(`/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices`),
  ] as const);
  const found: string[] = [];
  const check = (isTrue: boolean, text: string) => {
    if (!isTrue) found.push(text);
  };
  const workloads = [...deployments, ...statefulSets, ...jobs];
  const names = workloads.map(({ metadata }) => metadata.name).sort();
  const wishes = [...wanted.keys()].sort();
  check(names.join() === wishes.join(), `there are ${names} and should be ${wishes}`);

  const owners = new Set([...replicaSets, ...workloads].map(({ metadata }) => metadata.uid));
  const isOrphan = ({ metadata }: Json) => !metadata.ownerReferences?.some(({ uid }: Json) => owners.has(uid));
  for (const one of [...pods, ...replicaSets]) check(!isOrphan(one), `${one.metadata.name} is an orphan`);
  for (const pod of pods) check(!pod.metadata.deletionTimestamp, `${pod.metadata.name} is still being deleted`);
  const running = pods.filter(({ status }) => status.phase === "Running");
  const addresses = running.map(({ status }) => status.podIP);
  check(new Set(addresses).size === addresses.length, `addresses are given out twice: ${addresses.sort()}`);

  const services = new Set(wishes.filter((name) => wanted.get(name)?.kind === "Deployment"));
  for (const { metadata } of slices) {
    const name = metadata.labels["kubernetes.io/service-name"];
    check(services.has(name), `${metadata.name} belongs to no Service`);
  }

  for (const { metadata, spec, status } of workloads) {
    const wish = wanted.get(metadata.name);
    if (!wish) continue;
    const own = pods.filter((pod) => pod.metadata.labels.app === metadata.name);
    const say = `${metadata.name} (${wish.replicas} of version ${wish.version})`;
    if (wish.kind === "Job") {
      const isComplete = status.conditions?.some((one: Json) => one.type === "Complete" && one.status === "True");
      const isWhole =
        status.succeeded === wish.replicas && !status.active && !status.uncountedTerminatedPods?.succeeded;
      check(isComplete && isWhole, `${say}: ${JSON.stringify(status)}`);
      const succeeded = own.filter((pod) => pod.status.phase === "Succeeded").length;
      check(succeeded === wish.replicas, `${say}: ${succeeded} Pods succeeded`);
      continue;
    }
    const counts = [spec.replicas, status.replicas, status.readyReplicas, status.updatedReplicas];
    check(
      counts.every((count) => (count ?? 0) === wish.replicas) && status.observedGeneration === metadata.generation,
      `${say}: ${JSON.stringify(status)}`,
    );
    const ready = own.filter((pod) =>
      pod.status.conditions?.some((one: Json) => one.type === "Ready" && one.status === "True"),
    );
    check(
      own.length === wish.replicas && ready.length === own.length,
      `${say}: ${ready.length} of ${own.length} Pods ready; ${own.map(glance).join(", ")}`,
    );
    check(
      own.every((pod) => pod.metadata.annotations.version === `${wish.version}`),
      `${say}: Pods of other versions`,
    );
    if (wish.kind === "Deployment") {
      const endpoints = slices
        .filter((slice) => slice.metadata.labels["kubernetes.io/service-name"] === metadata.name)
        .flatMap((slice) => slice.endpoints ?? [])
        .flatMap((endpoint: Json) => (endpoint.conditions.ready ? endpoint.addresses : []));
      const ips = own.map((pod) => pod.status.podIP);
      check(endpoints.sort().join() === ips.sort().join(), `${say}: Pods at ${ips}, endpoints ${endpoints}`);
    }
    if (wish.kind === "StatefulSet") {
      const ordinals = own.map((pod) => pod.metadata.labels["apps.kubernetes.io/pod-index"]).sort();
      const all = Array.from({ length: wish.replicas }, (_, n) => `${n}`);
      check(ordinals.join() === all.join(), `${say}: ordinals ${ordinals}`);
      check(status.currentRevision === status.updateRevision, `${say}: ${JSON.stringify(status)}`);
    }
  }
  return found;
}

const glance = ({ metadata, spec, status }: Json): string => `${metadata.name} ${status.phase} on ${spec.nodeName}`;
