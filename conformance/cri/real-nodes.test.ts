import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runBuilt } from "../../cli/run-built.ts";
import { eventually } from "../eventually.ts";
import { evictionTests } from "./eviction-tests.ts";
import { imageTests } from "./image-tests.ts";
import { localVolumeTests } from "./local-volume-tests.ts";
import { endCluster, lacking, newDataDir, processOf, type RealCluster, realCluster } from "./real-cluster.ts";
import { resizeTests } from "./resize-tests.ts";
import { serviceTests } from "./service-tests.ts";
import { streamTests } from "./stream-tests.ts";
import { usageTests } from "./usage-tests.ts";
import { volumeTests } from "./volume-tests.ts";

const missing = lacking();
if (missing) console.warn(`tests with real containers are skipped: ${missing}`);

const NODES = ["node-a", "node-b"];
/** A busy machine takes its time over all of this, in ms. */
const LIMIT = 120_000;
/** How long the API server stands still at least, in ms: with less the tests take less time. */
const STANDSTILL = Number(process.env.API_DOWN_SECONDS ?? 1) * 1000;

/** Deployment of busybox's web server, whose page is its Pod's name. */
const web = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: "web",
            image: "busybox",
            imagePullPolicy: "IfNotPresent",
            resources: { requests: { cpu: "20m" } },
            command: ["sh", "-c", "mkdir /www; hostname > /www/index.html; exec httpd -f -v -p 8080 -h /www"],
            livenessProbe: {
              exec: { command: ["test", "-e", "/www/index.html"] },
              periodSeconds: 1,
              failureThreshold: 1,
              initialDelaySeconds: 1,
              timeoutSeconds: 1,
            },
            readinessProbe: { httpGet: { path: "/", port: 8080 }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
};

/** Interfaces, cgroups and tables of rules of the machine that are inkube's. */
function machineNames(): string[] {
  // Not /sys/class/net, which shows the network that /sys was mounted in.
  const links = readFileSync("/proc/self/net/dev", "utf8").split("\n");
  const interfaces = links
    .map((line) => line.trim().split(":")[0] ?? "")
    .filter((name) => /^in[bv][0-9a-f]{8}/.test(name));
  const tables = execFileSync("nft", ["list", "tables"], { encoding: "utf8" });
  const roots = readdirSync("/sys/fs/cgroup").map((name) => join("/sys/fs/cgroup", name));
  const hierarchies = ["/sys/fs/cgroup", ...roots].filter((path) => existsSync(join(path, "cgroup.procs")));
  const cgroups = hierarchies.flatMap((path) => readdirSync(path)).filter((name) => name.startsWith("inkube-"));
  return [...interfaces, ...cgroups, ...tables.split("\n").filter((line) => line.includes(" inkube-"))];
}

/** What the library of CNI remembers of a cluster's Pods. */
function cniResultsOf(dataDir: string): string[] {
  const folder = "/var/lib/cni/results";
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.filter((name) => {
    const { config } = JSON.parse(readFileSync(join(folder, name), "utf8"));
    return Buffer.from(config, "base64").toString("utf8").includes(`${dataDir}/`);
  });
}

interface PodView {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec: { readonly nodeName: string };
  readonly status: {
    readonly phase: string;
    readonly podIP: string;
    readonly containerStatuses: readonly {
      readonly ready: boolean;
      readonly restartCount: number;
      readonly containerID: string;
      readonly state: { readonly terminated?: object };
      readonly lastState: { readonly terminated?: { readonly exitCode: number } };
    }[];
  };
}

describe.skipIf(missing)("with real containers on two nodes", () => {
  const dataDir = newDataDir();
  let cluster: RealCluster;
  let before: string[] = [];
  const pods = async (selector: string): Promise<PodView[]> =>
    JSON.parse(await cluster.output(`get pods -l ${selector} -o json`)).items;
  const apply = (object: object) => cluster.output("apply -f -", JSON.stringify(object));
  beforeAll(async () => {
    before = machineNames();
    cluster = await realCluster(dataDir, { nodes: NODES.length });
  });
  afterAll(async () => {
    await endCluster(dataDir);
  });

  test("kubectl apply starts three containers on both nodes, which reach each other", async () => {
    await apply(web);
    await cluster.output("rollout status deployment/web --timeout=30s");
    const found = await pods("app=web");
    expect(found).toHaveLength(3);
    expect([...new Set(found.map(({ spec }) => spec.nodeName))].sort()).toEqual(NODES);
    for (const from of found) {
      for (const to of found) {
        const answer = await cluster.output(`exec ${from.metadata.name} -- wget -qO- http://${to.status.podIP}:8080/`);
        expect(answer.trim()).toBe(to.metadata.name);
      }
    }
  });

  test("Pods of both nodes find Services by name", async () => {
    await cluster.output("expose deployment web --port 80 --target-port 8080 --name by-ip");
    await cluster.output("expose deployment web --port 80 --target-port 8080 --name behind --cluster-ip None");
    await cluster.output("create service externalname alias --external-name by-ip.default.svc.cluster.local");
    const clusterIP = await cluster.output("get service by-ip -o jsonpath={.spec.clusterIP}");
    const found = await pods("app=web");
    const addresses = found.map(({ status }) => status.podIP);
    const reversed = clusterIP.split(".").reverse().join(".");
    const asked = [
      { name: "by-ip.default.svc.cluster.local", type: "a", answers: [clusterIP] },
      { name: "behind.default.svc.cluster.local", type: "a", answers: addresses },
      { name: "alias.default.svc.cluster.local", type: "a", answers: ["canonical name = by-ip.", clusterIP] },
      {
        name: "behind.default.svc.cluster.local",
        type: "srv",
        answers: addresses.map((ip) => `8080 ${ip.replaceAll(".", "-")}.behind.`),
      },
      { name: `${reversed}.in-addr.arpa`, type: "ptr", answers: ["name = by-ip.default.svc.cluster.local"] },
    ];
    for (const node of NODES) {
      const pod = found.find(({ spec }) => spec.nodeName === node)?.metadata.name ?? "";
      for (const { name, type, answers } of asked) {
        await eventually(async () => {
          const said = await cluster.output(`exec ${pod} -- nslookup -type=${type} ${name}`);
          for (const answer of answers) expect(said).toContain(answer);
        });
      }
      for (const url of ["http://by-ip/", "http://by-ip.default/", "http://alias/", "http://behind:8080/"]) {
        const page = await cluster.output(`exec ${pod} -- wget -qO- ${url}`);
        expect(found.map(({ metadata }) => metadata.name)).toContain(page.trim());
      }
    }
  });

  // Here, to share the cluster: making one takes longer than most tests.
  serviceTests(() => cluster);

  streamTests(() => cluster, "web");

  test("a container that fails its liveness probe is restarted", async () => {
    const [pod] = await pods("app=web");
    const name = pod?.metadata.name ?? "";
    await cluster.output(`exec ${name} -- rm /www/index.html`);
    await eventually(async () => {
      const again = (await pods("app=web")).find(({ metadata }) => metadata.name === name);
      expect(again?.status.containerStatuses[0]).toMatchObject({ restartCount: 1, ready: true });
    });
    expect(await cluster.output(`get events --field-selector involvedObject.name=${name}`)).toMatch(
      /Container web failed liveness probe, will be restarted/,
    );
  });

  volumeTests(() => cluster);
  localVolumeTests(() => cluster);

  test.each([
    { name: "ends", script: "echo last words > /dev/termination-log; exit 3", code: 3, reason: "Error" },
    { name: "grows", script: "x=a; while true; do x=$x$x$x$x; done", code: 137, reason: "OOMKilled" },
  ])("a container that $name is reported with its exit code and why", async ({ name, script, code, reason }) => {
    const resources = { limits: { memory: "32Mi" } };
    const container = { name, image: "busybox", imagePullPolicy: "Never", command: ["sh", "-c", script], resources };
    // Whoever it runs as, its last words are heard.
    const spec = { restartPolicy: "Never", securityContext: { runAsUser: 1000 }, containers: [container] };
    await apply({ apiVersion: "v1", kind: "Pod", metadata: { name, labels: { app: name } }, spec });
    await cluster.output(`wait pod/${name} --for=jsonpath={.status.phase}=Failed --timeout=30s`);
    const [pod] = await pods(`app=${name}`);
    expect(pod?.status.containerStatuses[0]?.state.terminated).toMatchObject({
      exitCode: code,
      reason,
      ...(name === "ends" && { message: "last words\n" }),
    });
    await cluster.output(`delete pod ${name}`);
  });

  test("amounts of a running container change in place", async () => {
    const [pod] = await pods("app=web");
    const name = pod?.metadata.name ?? "";
    const id = pod?.status.containerStatuses[0]?.containerID;
    const resources = { requests: { cpu: "50m" }, limits: { cpu: "100m" } };
    const patch = JSON.stringify({ spec: { containers: [{ name: "web", resources }] } });
    await cluster.output(`patch pod ${name} --subresource resize -p ${patch}`);
    const quota = "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || cut -d' ' -f1 /sys/fs/cgroup/cpu.max";
    await eventually(async () => {
      const { stdout } = await cluster.kubectl(["exec", name, "--", "sh", "-c", quota]);
      expect(stdout).toBe("10000\n");
    });
    const again = (await pods("app=web")).find(({ metadata }) => metadata.name === name);
    expect(again?.status.containerStatuses[0]?.containerID).toBe(id);
  });

  resizeTests(() => cluster);
  usageTests(() => cluster, "web");
  imageTests(() => cluster);

  test("a file in a node's folder is a Pod there, which the API shows, as long as the file is there", async () => {
    const folder = join(cluster.dataDir, "nodes", "node-a", "manifests");
    mkdirSync(folder);
    const container = { name: "c", image: "busybox", imagePullPolicy: "Never", command: ["sleep", "600"] };
    const spec = { terminationGracePeriodSeconds: 0, containers: [container] };
    const file = join(folder, "static.json");
    writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "static" }, spec }));
    const phase = async () =>
      (await cluster.kubectl(["get", "pod", "static-node-a", "-o", "jsonpath={.status.phase}"])).stdout;
    await eventually(async () => expect(await phase()).toBe("Running"));
    expect(await cluster.output("exec static-node-a -- hostname")).toBe("static-node-a\n");
    rmSync(file);
    await eventually(async () => expect(await phase()).toBe(""));
  });

  test.each(["agent", "containerd"] as const)(
    "containers run on when the %s of their node is killed",
    async (which) => {
      const then = await pods("app=web");
      for (const node of NODES) process.kill(processOf(cluster.dataDir, node, which), "SIGKILL");
      // Both are started again, and only then can a command run inside.
      for (const { metadata } of then) {
        await eventually(async () => {
          const { stdout } = await cluster.kubectl(["exec", metadata.name, "--", "hostname"]);
          expect(stdout.trim()).toBe(metadata.name);
        });
      }
      const ids = (list: PodView[]) =>
        list.map(({ metadata, status }) => [metadata.uid, status.containerStatuses[0]?.containerID]).sort();
      expect(ids(await pods("app=web"))).toEqual(ids(then));
    },
  );

  test("nodes go on while the API server stands still, and tell afterwards", { timeout: LIMIT }, async () => {
    const [pod] = await pods("app=web");
    const name = pod?.metadata.name ?? "";
    const restarts = pod?.status.containerStatuses[0]?.restartCount ?? 0;
    await cluster.output(`exec ${name} -- rm /www/index.html`);
    cluster.running.child.kill("SIGSTOP");
    try {
      const until = performance.now() + STANDSTILL;
      await eventually(async () => {
        // The page is there again once the container has been restarted.
        const page = await fetch(`http://${pod?.status.podIP}:8080/`, { signal: AbortSignal.timeout(1000) });
        expect((await page.text()).trim()).toBe(name);
        if (performance.now() < until) throw new Error("the API server is to stand still for longer");
      }, STANDSTILL + 20_000);
    } finally {
      cluster.running.child.kill("SIGCONT");
    }
    await eventually(async () => {
      const again = (await pods("app=web")).find(({ metadata }) => metadata.name === name);
      expect(again?.status.containerStatuses[0]).toMatchObject({ restartCount: restarts + 1, ready: true });
    });
  });

  test("nothing is left after a kill -9 of everything and `down`", async () => {
    expect(cniResultsOf(dataDir)).not.toEqual([]); // or they are somewhere else, and this proves nothing
    const { running } = cluster;
    running.child.kill("SIGKILL");
    await running.exited;
    expect((await runBuilt(["down", "--data-dir", dataDir])).exit).toBe(0);
    expect(cniResultsOf(dataDir)).toEqual([]);
    const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
    expect(mounts.filter((line) => line.includes(dataDir))).toEqual([]);
    const commands = readdirSync("/proc").flatMap((pid) => {
      try {
        return /^\d+$/.test(pid) ? [readFileSync(`/proc/${pid}/cmdline`, "utf8")] : [];
      } catch {
        return []; // it has ended meanwhile
      }
    });
    expect(commands.filter((command) => command.includes(dataDir) && !command.includes("vitest"))).toEqual([]);
    expect(machineNames().filter((name) => !before.includes(name))).toEqual([]);
  });
});

// After the cluster above has ended: what that leaves behind is looked for in all of the machine.
evictionTests(missing);
