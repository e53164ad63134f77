import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../eventually.ts";
import { kubectlPath } from "../kubectl.ts";
import type { RealCluster } from "./real-cluster.ts";

/** How long the API server stands still at least, in ms: with less the tests take less time. */
const STANDSTILL = Number(process.env.API_DOWN_SECONDS ?? 1) * 1000;
const PORT = 8080;
const HOST_PORT = 18_080;
const SERVE = `mkdir /www; hostname > /www/index.html; exec httpd -f -p ${PORT} -h /www`;
/** Images are there already, but a busy machine starts their containers slowly, in ms. */
const LIMIT = 120_000;
/** How long an answer may take that has to come at once, in ms. */
const AT_ONCE = 1000;

/** Its page is its Pod's name; it goes on answering for a while when it has to end, as servers should. */
const server = (name: string) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        terminationGracePeriodSeconds: 5,
        // One on each node, also of those that take the others' place.
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: "kubernetes.io/hostname",
            whenUnsatisfiable: "DoNotSchedule",
            labelSelector: { matchLabels: { app: name } },
            matchLabelKeys: ["pod-template-hash"],
          },
        ],
        containers: [
          {
            name: "web",
            image: "busybox",
            imagePullPolicy: "Never",
            command: ["sh", "-c", SERVE],
            ports: [{ name: "http", containerPort: PORT }],
            readinessProbe: { httpGet: { path: "/", port: "http" }, periodSeconds: 1 },
            lifecycle: { preStop: { sleep: { seconds: 3 } } },
          },
        ],
      },
    },
  },
});

const service = (name: string, spec: object) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { selector: { app: "served" }, ports: [{ port: 80, targetPort: "http" }], ...spec },
});

interface Placed {
  readonly name: string;
  readonly node: string;
  readonly ip: string;
}

/** Services and policies with real traffic, on a cluster of two nodes that has the image `busybox`. */
export function serviceTests(cluster: () => RealCluster): void {
  const output = (args: string, input?: string) => cluster().output(args, input);
  const apply = (object: object) => output("apply -f -", JSON.stringify(object));
  const field = (what: string, path: string) => output(`get ${what} -o jsonpath={${path}}`);
  const ask = async (pod: string, host: string, port = 80) =>
    (await output(`exec ${pod} -- timeout 5 wget -qO- http://${host}:${port}/`)).trim();
  /** What a Pod reads at each address, in one go: most of the time of a command goes into getting there. */
  const askEach = async (pod: string, hosts: readonly string[], port: number): Promise<string[]> => {
    const script = `for host in ${hosts.join(" ")}; do timeout 1 wget -qO- http://$host:${port}/ || echo nothing; done`;
    const { exit, stdout, stderr } = await cluster().kubectl(["exec", pod, "--", "sh", "-c", script]);
    if (exit !== 0) throw new Error(stderr);
    return stdout.trim().split("\n");
  };
  const askHere = async (host: string, port = 80, headers: Record<string, string> = {}) =>
    (await (await fetch(`http://${host}:${port}/`, { signal: AbortSignal.timeout(2000), headers })).text()).trim();
  const podsOf = async (app: string): Promise<Placed[]> => {
    const { items } = JSON.parse(await output(`get pods -l app=${app} -o json`));
    return items.map((pod: { metadata: { name: string }; spec: { nodeName: string }; status: { podIP: string } }) => ({
      name: pod.metadata.name,
      node: pod.spec.nodeName,
      ip: pod.status.podIP,
    }));
  };

  describe("Services and policies", { timeout: LIMIT }, () => {
    let pods: Placed[] = [];
    let clusterIP = "";
    let nodes: string[] = [];

    beforeAll(async () => {
      await apply(server("served"));
      await apply(service("served", { type: "NodePort" }));
      // On one of the nodes, so that it has a Pod of its own node to ask, and one of the other.
      await apply({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "client", labels: { app: "client" } },
        spec: {
          nodeName: "node-a",
          terminationGracePeriodSeconds: 0,
          containers: [
            {
              name: "client",
              image: "busybox",
              imagePullPolicy: "Never",
              command: ["sh", "-c", SERVE],
              ports: [{ containerPort: PORT, hostPort: HOST_PORT }],
            },
          ],
        },
      });
      await output("rollout status deployment/served --timeout=60s");
      await output("wait pod/client --for=condition=Ready --timeout=60s");
      pods = await podsOf("served");
      clusterIP = await field("service/served", ".spec.clusterIP");
      nodes = (await field("nodes", '.items[*].status.addresses[?(@.type=="InternalIP")].address')).split(" ");
    }, LIMIT);
    afterAll(async () => {
      await output(
        "delete pod/client deployment/served service/served service/sticky service/nobody --ignore-not-found",
      );
    });

    test("a Service is reached at its cluster IP and node ports, from Pods and from the machine", async () => {
      const names = new Set(pods.map(({ name }) => name));
      const nodePort = Number(await field("service/served", ".spec.ports[0].nodePort"));
      const places = [[clusterIP, 80] as const, ...nodes.map((node) => [node, nodePort] as const)];
      for (const [host, port] of places) {
        await eventually(async () => expect(names).toContain(await askHere(host, port)));
        await eventually(async () => expect(names).toContain(await ask("client", host, port)));
      }
      const answered = new Set<string>();
      await eventually(async () => {
        answered.add(await askHere(clusterIP, 80, { connection: "close" }));
        expect(answered).toEqual(names);
      });
    });

    test("a Service leads a Pod to itself, too", async () => {
      for (const { name } of pods) await eventually(async () => expect(await ask(name, clusterIP)).toBe(name));
    });

    test("a host port is one of its Pod's node, and of no other", async () => {
      const own = await field("node/node-a", '.status.addresses[?(@.type=="InternalIP")].address');
      for (const node of nodes) {
        if (node === own) expect(await askHere(node, HOST_PORT)).toBe("client");
        else await expect(askHere(node, HOST_PORT)).rejects.toThrow();
      }
      const [pod] = pods;
      expect(await ask(pod?.name ?? "", own, HOST_PORT)).toBe("client");
    });

    test.each(["node-a", "node-b"])("a Pod in the network of %s has that name, as that machine has", async (node) => {
      const container = { name: "c", image: "busybox", imagePullPolicy: "Never", command: ["sleep", "600"] };
      await apply({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: `in-${node}` },
        spec: { nodeName: node, hostNetwork: true, terminationGracePeriodSeconds: 0, containers: [container] },
      });
      await output(`wait pod/in-${node} --for=condition=Ready --timeout=60s`);
      expect((await output(`exec in-${node} -- hostname`)).trim()).toBe(node);
      await output(`delete pod/in-${node}`);
    });

    test("a Service with nobody behind it refuses at once", async () => {
      await apply(service("nobody", { selector: { app: "nobody" } }));
      const address = await field("service/nobody", ".spec.clusterIP");
      await eventually(async () => {
        const begun = performance.now();
        const refused = fetch(`http://${address}/`, { signal: AbortSignal.timeout(AT_ONCE) });
        await expect(refused).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
        expect(performance.now() - begun).toBeLessThan(AT_ONCE);
      });
      await expect(ask("client", address)).rejects.toThrow("Connection refused");
    });

    test("a Service keeps a client at one endpoint when asked to", async () => {
      await apply(service("sticky", { sessionAffinity: "ClientIP" }));
      const address = await field("service/sticky", ".spec.clusterIP");
      const first = await eventually(() => ask("client", address));
      const again = await askEach("client", Array<string>(12).fill(address), 80);
      expect(new Set(again)).toEqual(new Set([first]));
    });

    test("no request is lost while Pods are replaced, nor while the API server stands still", async () => {
      const script =
        `ok=0; bad=0; while [ ! -e /tmp/stop ]; do if timeout 5 wget -qO- http://${clusterIP}:80/ > /dev/null 2>&1; ` +
        "then ok=$((ok+1)); else bad=$((bad+1)); fi; done; echo $ok asked, $bad failed";
      const args = ["--kubeconfig", cluster().kubeconfig, "exec", "client", "--", "sh", "-c", script];
      const client = spawn(kubectlPath(36), args);
      let said = "";
      client.stdout.on("data", (chunk) => {
        said += chunk;
      });
      const ended = new Promise((resolve) => client.once("close", resolve));
      await output("rollout restart deployment/served");
      await output("rollout status deployment/served --timeout=100s");
      await eventually(async () => expect(await podsOf("served")).toHaveLength(2));
      const { child } = cluster().running;
      child.kill("SIGSTOP");
      try {
        // Connections of their own: one that is kept open would prove nothing.
        const until = performance.now() + STANDSTILL;
        for (let time = 0; time < 20 || performance.now() < until; time++) {
          await askHere(clusterIP, 80, { connection: "close" });
        }
      } finally {
        child.kill("SIGCONT");
      }
      await output("exec client -- touch /tmp/stop");
      await ended;
      expect(said).toMatch(/^[1-9]\d+ asked, 0 failed\n$/);
      pods = await podsOf("served");
    });

    const served = { podSelector: { matchLabels: { app: "served" } } };
    const inFrom = (...peers: object[]) => ({ ...served, ingress: [{ from: peers }] });
    const outTo = (...peers: object[]) => ({
      podSelector: { matchLabels: { app: "client" } },
      policyTypes: ["Egress"],
      egress: [{ to: peers }],
    });
    const namespaced = (name: string) => ({
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
    });
    const everybody = () => true;
    const nobody = () => false;

    test.each<{ what: string; spec: () => object; isThrough: (target: Placed) => boolean }>([
      { what: "nobody in", spec: () => ({ ...served, policyTypes: ["Ingress"] }), isThrough: nobody },
      {
        what: "Pods in by label, at a named port",
        spec: () => ({
          ...served,
          ingress: [{ from: [{ podSelector: { matchLabels: { app: "client" } } }], ports: [{ port: "http" }] }],
        }),
        isThrough: everybody,
      },
      {
        what: "everybody in at other ports",
        spec: () => ({ ...served, ingress: [{ ports: [{ port: 1, endPort: PORT - 1 }, { protocol: "UDP" }] }] }),
        isThrough: nobody,
      },
      { what: "Pods of a namespace in", spec: () => inFrom(namespaced("default")), isThrough: everybody },
      { what: "Pods of another namespace in", spec: () => inFrom(namespaced("kube-system")), isThrough: nobody },
      {
        what: "all addresses out but for one",
        spec: () => outTo({ ipBlock: { cidr: "0.0.0.0/0", except: [`${pods[0]?.ip}/32`] } }),
        isThrough: ({ ip }) => ip !== pods[0]?.ip,
      },
      { what: "nobody out", spec: () => outTo({ podSelector: { matchLabels: { app: "nobody" } } }), isThrough: nobody },
    ])("a policy that lets $what is kept on the Pod's own node and from the other", async ({ spec, isThrough }) => {
      const hosts = pods.map(({ ip }) => ip);
      await apply({
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: "guard" },
        spec: spec(),
      });
      const expected = pods.map((pod) => (isThrough(pod) ? pod.name : "nothing"));
      await eventually(async () => expect(await askEach("client", hosts, PORT)).toEqual(expected));
      // Probes of the node itself are none of a policy's business.
      await output("wait pod -l app=served --for=condition=Ready --timeout=10s");
      await output("delete networkpolicy guard");
      await eventually(async () => expect(await askEach("client", hosts, PORT)).toEqual(pods.map(({ name }) => name)));
    });
  });
}
