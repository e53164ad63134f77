import { spawn } from "node:child_process";
import type { ClientHttp2Session } from "node:http2";
import { join } from "node:path";
import { load } from "./load.ts";
import { type Running, request, session, start, usage } from "./running.ts";

const NODES = 1000;
const PODS = 3000;
const ZONES = 10;
/** Pods of one workload, which know each other. */
const GROUP = 100;
const HOSTNAME = "kubernetes.io/hostname";
const ZONE = "topology.kubernetes.io/zone";

type PodSpec = Record<string, unknown>;

const mates = (app: string) => ({ labelSelector: { matchLabels: { app } } });

/** What Pods may ask for, by name. */
const kinds: Record<string, (app: string) => PodSpec> = {
  plain: () => ({}),
  "required anti-affinity, preferred affinity": (app) => ({
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: HOSTNAME, ...mates(app) }],
      },
      podAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 50, podAffinityTerm: { topologyKey: ZONE, ...mates(app) } },
        ],
      },
    },
  }),
  "spread over zones and nodes": (app) => ({
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: ZONE, whenUnsatisfiable: "DoNotSchedule", ...mates(app) },
      { maxSkew: 1, topologyKey: HOSTNAME, whenUnsatisfiable: "ScheduleAnyway", ...mates(app) },
    ],
  }),
};

/** How fast the scheduler, a process of its own, binds Pods that wait for it; no Pod runs. */
export async function scheduling(row: (name: string, value: string) => void): Promise<void> {
  for (const [name, specOf] of Object.entries(kinds)) {
    const server = await start(["server", "--storage", "memory:"]);
    const client = session(server);
    // Its controller does not run here, and without it no Pod is admitted.
    await request(client, "POST", "/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
    await load({ count: NODES, concurrency: 16, send: (n) => createNode(client, n) });
    const pods = "/api/v1/namespaces/default/pods";
    const { failed } = await load({
      count: PODS,
      concurrency: 16,
      send: (n) => request(client, "POST", pods, pod(n, specOf(`app-${Math.floor(n / GROUP)}`))),
    });
    if (failed) throw new Error(`${failed} Pods were not created`);
    const { perSecond, cpuMilliseconds } = await untilBound(server, client);
    row(
      `scheduler, ${NODES} nodes: Pods bound, ${name}`,
      `${perSecond.toFixed(0)}/s, ${cpuMilliseconds.toFixed(2)} ms CPU`,
    );
    client.close();
    await server.stop();
  }
}

async function createNode(client: ClientHttp2Session, n: number): Promise<{ status: number }> {
  const name = `node-${n}`;
  const amounts = { cpu: "32", memory: "64Gi", pods: "110" };
  await request(client, "POST", "/api/v1/nodes", {
    metadata: { name, labels: { [HOSTNAME]: name, [ZONE]: `zone-${n % ZONES}` } },
    status: { capacity: amounts, allocatable: amounts, conditions: [{ type: "Ready", status: "True" }] },
  });
  // A new node is tainted until its controller has seen it ready; that one does not run here.
  const ready = { spec: { taints: null } };
  return request(client, "PATCH", `/api/v1/nodes/${name}`, ready, "application/merge-patch+json");
}

const pod = (n: number, spec: PodSpec) => ({
  metadata: { name: `p${n}`, labels: { app: `app-${Math.floor(n / GROUP)}` } },
  spec: {
    containers: [{ name: "c", image: "nginx", resources: { requests: { cpu: "100m", memory: "128Mi" } } }],
    ...spec,
  },
});

/** Runs the scheduler until every Pod has a node; its start is not counted. */
async function untilBound(
  server: Running,
  client: ClientHttp2Session,
): Promise<{ perSecond: number; cpuMilliseconds: number }> {
  const bound = new Set<string>();
  let first = 0;
  let cpuBefore = 0;
  const script = join(import.meta.dirname, "..", "dist", "main.js");
  const scheduler = spawn(process.execPath, [script, "scheduler", "--kubeconfig", server.kubeconfig], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const pid = scheduler.pid ?? 0;
  try {
    await new Promise<void>((resolve, reject) => {
      const stream = client.request({ ":path": "/api/v1/pods?watch=1&fieldSelector=spec.nodeName!%3D" });
      let rest = "";
      stream.on("data", (chunk: Buffer) => {
        const lines = (rest + chunk.toString("utf8")).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines)
          bound.add((JSON.parse(line) as { object: { metadata: { name: string } } }).object.metadata.name);
        if (!first) {
          first = performance.now();
          cpuBefore = usage(pid).cpuSeconds;
        }
        if (bound.size < PODS) return;
        stream.close();
        resolve();
      });
      stream.on("error", reject);
      scheduler.once("exit", (code) => reject(new Error(`the scheduler ended with ${code}`)));
    });
    const seconds = (performance.now() - first) / 1000;
    return { perSecond: PODS / seconds, cpuMilliseconds: ((usage(pid).cpuSeconds - cpuBefore) * 1000) / PODS };
  } finally {
    scheduler.removeAllListeners("exit");
    scheduler.kill("SIGTERM");
  }
}
