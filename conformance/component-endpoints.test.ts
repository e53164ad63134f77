import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLogger, systemClock } from "../client/index.ts";
import { type RunningControllers, start as startControllers } from "../controllers/start.ts";
import { type RunningScheduler, start as startScheduler } from "../scheduler/start.ts";
import { startCluster, type TestCluster } from "../testing/start-cluster.ts";
import { eventually } from "./eventually.ts";
import { HttpClient } from "./http.ts";

/** What the scheduler and the controllers serve of themselves, and to whom. */
const folder = mkdtempSync(join(tmpdir(), "inkube-endpoints-"));
let cluster: TestCluster;
let api: HttpClient;
let scheduler: RunningScheduler;
let controllers: RunningControllers;
let token = "";
let scraper = "";

type Who = "anybody" | "a stranger" | "an account" | "a scraper" | "an administrator";

async function get(component: string, path: string, who: Who = "an administrator") {
  const port = component === "scheduler" ? scheduler.endpointsPort : controllers.endpointsPort;
  const tokens: Partial<Record<Who, string>> = { "a stranger": "x", "an account": token, "a scraper": scraper };
  const { cert, key } = api.options;
  return new Promise<{ status: number; type: string; text: string }>((resolve, reject) => {
    const call = request(
      `https://127.0.0.1:${port}/${path}`,
      {
        rejectUnauthorized: false,
        agent: false,
        headers: tokens[who] ? { authorization: `Bearer ${tokens[who]}` } : {},
        ...(who === "an administrator" && { cert, key }),
      },
      async (response) => {
        let text = "";
        for await (const chunk of response) text += chunk;
        resolve({ status: response.statusCode ?? 0, type: response.headers["content-type"] ?? "", text });
      },
    );
    call.on("error", reject);
    call.end();
  });
}

beforeAll(async () => {
  cluster = await startCluster({ nodes: 0, scheduler: false, controllers: [] });
  api = await HttpClient.open(cluster.kubeconfig);
  const common = { kubeconfig: cluster.kubeconfig, clock: systemClock, random: Math.random, leaderElect: true };
  const address = { host: "127.0.0.1", port: 0, isOptional: false, openPaths: ["/healthz", "/readyz", "/livez"] };
  scheduler = await startScheduler({
    ...common,
    logger: silentLogger,
    endpoints: { ...address, certificate: { directory: folder } },
    compileSelector: () => () => true,
  });
  controllers = await startControllers({
    ...common,
    controllers: "serviceaccount-controller,deployment-controller",
    logLevel: "error",
    settings: {},
    endpoints: { ...address, certificate: {} },
  });
  const accounts = "/api/v1/namespaces/default/serviceaccounts";
  await eventually(async () => expect((await api.get(`${accounts}/default`)).status).toBe(200));
  await api.post(accounts, { metadata: { name: "scraper" } });
  const rules = [{ nonResourceURLs: ["/metrics"], verbs: ["get"] }];
  await api.post("/apis/rbac.authorization.k8s.io/v1/clusterroles", { metadata: { name: "scraper" }, rules });
  await api.post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    metadata: { name: "scraper" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "scraper" },
    subjects: [{ kind: "ServiceAccount", name: "scraper", namespace: "default" }],
  });
  const tokenOf = async (name: string) => (await api.post(`${accounts}/${name}/token`, { spec: {} })).body.status.token;
  [token, scraper] = [await tokenOf("default"), await tokenOf("scraper")];
});

afterAll(async () => {
  await controllers?.stop();
  await scheduler?.stop();
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test.each<[string, string, Who, number, string | RegExp]>([
  ["scheduler", "healthz", "anybody", 200, "ok"],
  ["scheduler", "livez", "anybody", 200, "ok"],
  ["scheduler", "healthz?verbose", "anybody", 200, "[+]leaderElection ok\nhealthz check passed\n"],
  [
    "scheduler",
    "readyz?verbose",
    "anybody",
    200,
    "[+]leaderElection ok\n[+]shutdown ok\n[+]sched-handler-sync ok\nreadyz check passed\n",
  ],
  ["scheduler", "metrics", "anybody", 403, /forbidden: User \\"system:anonymous\\" cannot get path \\"\/metrics\\"/],
  ["scheduler", "metrics", "a stranger", 401, /"reason":"Unauthorized","code":401/],
  [
    "scheduler",
    "metrics",
    "an account",
    403,
    /"forbidden: User \\"system:serviceaccount:default:default\\" cannot get/,
  ],
  ["scheduler", "metrics", "a scraper", 200, /^leader_election_master_status\{name="kube-scheduler"\} 1$/m],
  ["scheduler", "metrics", "an administrator", 200, /^scheduler_pending_pods\{queue="active"\} 0$/m],
  ["scheduler", "configz", "an administrator", 200, /^\{"componentconfig":\{"kind":"KubeSchedulerConfiguration",/],
  ["scheduler", "healthz/leaderElection", "an administrator", 200, "ok"],
  ["scheduler", "nothing", "an administrator", 404, "404 page not found\n"],
  [
    "controllers",
    "healthz?verbose",
    "anybody",
    200,
    "[+]leaderElection ok\n[+]serviceaccount-controller ok\n[+]deployment-controller ok\nhealthz check passed\n",
  ],
  ["controllers", "readyz", "anybody", 200, "ok"],
  ["controllers", "metrics", "anybody", 403, /cannot get path/],
  ["controllers", "metrics", "a scraper", 200, /^workqueue_adds_total\{name="serviceaccount"\} [1-9]/m],
  ["controllers", "metrics", "a scraper", 200, /^workqueue_depth\{name="deployment"\} 0$/m],
  ["controllers", "metrics", "a scraper", 200, /^leader_election_master_status\{name="kube-controller-manager"\} 1$/m],
])("%s answers /%s of %s with %i", async (component, path, who, status, text) => {
  await eventually(async () => {
    const answer = await get(component, path, who);
    expect(answer).toMatchObject({ status, text: typeof text === "string" ? text : expect.stringMatching(text) });
  });
});

test("attempts to place Pods are counted by what became of them", async () => {
  const spec = { containers: [{ name: "c", image: "nginx" }] };
  await api.post("/api/v1/namespaces/default/pods", { metadata: { name: "p" }, spec });
  await eventually(async () => {
    const { text } = await get("scheduler", "metrics");
    expect(text).toMatch(
      /^scheduler_schedule_attempts_total\{result="unschedulable",profile="default-scheduler"\} [1-9]/m,
    );
    expect(text).toMatch(/^scheduler_queue_incoming_pods_total\{queue="active",event="UnschedulablePodAdd"\} 1$/m);
  });
});

test("a certificate is made once in the folder that is named", () => {
  const pem = readFileSync(join(folder, "kube-scheduler.crt"), "utf8");
  expect(pem).toMatch(/^-----BEGIN CERTIFICATE-----/);
  expect(readFileSync(join(folder, "kube-scheduler.key"), "utf8")).toMatch(/PRIVATE KEY/);
});
