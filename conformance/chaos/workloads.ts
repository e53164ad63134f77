import type { HttpClient, Json } from "../http.ts";
import { between, pick } from "./seeded-random.ts";

/** Everything happens in one namespace. */
export const NAMESPACE = "chaos";

const PATHS = {
  Deployment: `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`,
  StatefulSet: `/apis/apps/v1/namespaces/${NAMESPACE}/statefulsets`,
  Job: `/apis/batch/v1/namespaces/${NAMESPACE}/jobs`,
} as const;
type Kind = keyof typeof PATHS;
/** Each Deployment has one, of its own name. */
const SERVICES = `/api/v1/namespaces/${NAMESPACE}/services`;
const APPLY = "application/apply-patch+yaml";

/** What somebody wants who changes his mind all the time. */
export interface Workload {
  readonly kind: Kind;
  readonly name: string;
  readonly replicas: number;
  /** Of its template: another number is another rollout. */
  readonly version: number;
}

/** Changes workloads at random, through a server that comes and goes. */
export class Workloads {
  /** By name: what there should be at the end. */
  readonly wanted = new Map<string, Workload>();
  readonly changes: string[] = [];
  readonly #api: HttpClient;
  readonly #random: () => number;
  #count = 0;

  constructor(api: HttpClient, random: () => number) {
    this.#api = api;
    this.#random = random;
  }

  /** One change. @throws Error for an answer that no restart of a server explains */
  async change(): Promise<void> {
    const random = this.#random;
    const existing = [...this.wanted.values()];
    if (existing.length < 4 || (existing.length < 9 && random() < 0.4)) return this.#put(this.#invent());
    const one = pick(random, existing);
    if (one.kind === "Job" || random() < 0.2) return this.#delete(one);
    if (random() < 0.5) return this.#put({ ...one, replicas: between(random, 0, 6) });
    return this.#put({ ...one, version: one.version + 1 });
  }

  #invent(): Workload {
    const kind = pick(this.#random, ["Deployment", "StatefulSet", "Job"] as const);
    return { kind, name: `${kind.toLowerCase()}-${this.#count++}`, replicas: between(this.#random, 1, 5), version: 1 };
  }

  async #put(workload: Workload): Promise<void> {
    this.changes.push(`${workload.name}: ${workload.replicas} of version ${workload.version}`);
    this.wanted.set(workload.name, workload);
    const { kind, name } = workload;
    // An apply may be repeated when its answer was lost.
    const path = `${PATHS[kind]}/${name}?fieldManager=chaos&force=true`;
    const body = JSON.stringify(manifest(workload));
    await this.#until([200, 201], () => this.#api.patch(path, body, APPLY));
    if (kind !== "Deployment") return;
    const service = JSON.stringify(serviceOf(name));
    await this.#until([200, 201], () => this.#api.patch(`${SERVICES}/${name}?fieldManager=chaos`, service, APPLY));
  }

  async #delete({ kind, name }: Workload): Promise<void> {
    this.changes.push(`${name}: deleted`);
    this.wanted.delete(name);
    const options = { propagationPolicy: pick(this.#random, ["Background", "Foreground"]) };
    await this.#until([200, 202, 404], () => this.#api.delete(`${PATHS[kind]}/${name}`, options));
    if (kind === "Deployment") await this.#until([200, 404], () => this.#api.delete(`${SERVICES}/${name}`));
  }

  async #until(codes: readonly number[], send: () => Promise<{ status: number; body: Json }>): Promise<void> {
    for (;;) {
      const answer = await send().catch(() => undefined);
      if (answer && codes.includes(answer.status)) return;
      const isStarting = answer && (answer.status >= 500 || answer.status === 429 || answer.status === 403);
      if (answer && !isStarting) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

const serviceOf = (name: string): Json => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { selector: { app: name }, ports: [{ port: 80 }] },
});

function manifest({ kind, name, replicas, version }: Workload): Json {
  const labels = { app: name };
  const annotations = { version: `${version}` };
  const pod = (container: Json, spec: Json = {}) => ({
    metadata: { labels, annotations },
    spec: { ...spec, terminationGracePeriodSeconds: 1, containers: [{ name: "main", ...container }] },
  });
  const web = { image: "nginx" };
  switch (kind) {
    case "Deployment":
      return {
        apiVersion: "apps/v1",
        kind,
        metadata: { name },
        spec: { replicas, selector: { matchLabels: labels }, template: pod(web) },
      };
    case "StatefulSet":
      return {
        apiVersion: "apps/v1",
        kind,
        metadata: { name },
        spec: {
          replicas,
          serviceName: name,
          podManagementPolicy: version % 2 ? "OrderedReady" : undefined,
          selector: { matchLabels: labels },
          template: pod(web),
        },
      };
    case "Job":
      return {
        apiVersion: "batch/v1",
        kind,
        metadata: { name },
        spec: {
          completions: replicas,
          parallelism: 2,
          // A node that is killed takes its Pods' containers along.
          backoffLimit: 100,
          template: pod({ image: "busybox", command: ["sleep", "1"] }, { restartPolicy: "OnFailure" }),
        },
      };
  }
}
