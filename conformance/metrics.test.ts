import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ClusterUnderTest, clusterUnderTest } from "./cluster.ts";
import { eventually } from "./eventually.ts";
import { kubectlMinors, kubectlPath, runClient } from "./kubectl.ts";

let cluster: ClusterUnderTest;

beforeAll(async () => {
  cluster = await clusterUnderTest();
});
afterAll(() => cluster?.stop());

describe.each(kubectlMinors)("with kubectl 1.%i", (minor) => {
  const namespace = `metrics-${minor}-${process.pid}`;
  const run = (args: string, input?: string) =>
    runClient(kubectlPath(minor), cluster.kubeconfig, ["-n", namespace, ...args.split(" ")], input);
  const kubectl = async (args: string, input?: string) => {
    const output = await run(args, input);
    expect(output.exit, output.stderr).toBe(0);
    return output.stdout.trim();
  };
  const rows = (text: string) => text.split("\n").map((line) => line.trim().split(/\s+/));

  beforeAll(async () => {
    await kubectl(`create namespace ${namespace}`);
    await kubectl(
      "apply -f -",
      JSON.stringify({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "busy" },
        spec: {
          selector: { matchLabels: { app: "busy" } },
          template: {
            metadata: {
              labels: { app: "busy" },
              annotations: { "usage.inkube.dev/cpu": "250m", "usage.inkube.dev/memory": "64Mi" },
            },
            spec: {
              containers: [{ name: "web", image: "nginx", resources: { requests: { cpu: "100m", memory: "64Mi" } } }],
            },
          },
        },
      }),
    );
    await kubectl("rollout status deployment/busy --timeout=60s");
  });
  afterAll(() => run(`delete namespace ${namespace} --ignore-not-found --wait=false`));

  test("top tells what Pods and nodes use", async () => {
    const pod = await kubectl("get pods -l app=busy -o jsonpath={.items[0].metadata.name}");
    await eventually(async () => {
      expect(rows(await kubectl("top pods -l app=busy"))).toEqual([
        ["NAME", "CPU(cores)", "MEMORY(bytes)"],
        [pod, expect.stringMatching(/^2(49|50)m$/), "64Mi"],
      ]);
    });
    expect(rows(await kubectl(`top pod ${pod} --containers --no-headers`))).toEqual([
      [pod, "web", expect.stringMatching(/^2(49|50)m$/), "64Mi"],
    ]);
    expect((await run("top pods -l app=nobody")).stderr).toContain("No resources found");
    expect((await run("top pod nobody")).stderr).toBe('Error from server (NotFound): pods "nobody" not found\n');
    const nodes = rows(await kubectl("top nodes --no-headers"));
    expect(nodes.map(([name]) => name)).toEqual(rows(await kubectl("get nodes --no-headers")).map(([name]) => name));
    expect(rows(await kubectl("get podmetrics"))).toEqual([
      ["NAME", "CPU", "MEMORY", "WINDOW"],
      [pod, expect.any(String), "64Mi", expect.stringMatching(/^[0-9.]+s$/)],
    ]);
    expect(await kubectl("api-resources --api-group metrics.k8s.io -o name")).toBe(
      "nodes.metrics.k8s.io\npods.metrics.k8s.io",
    );
  });

  test("who may not read metrics gets none", async () => {
    expect((await run("get podmetrics --as nobody")).stderr).toBe(
      'Error from server (Forbidden): pods.metrics.k8s.io is forbidden: User "nobody" cannot list resource "pods" ' +
        `in API group "metrics.k8s.io" in the namespace "${namespace}"\n`,
    );
  });

  // A matter of the controller, whatever client looks on.
  test.runIf(minor === kubectlMinors.at(-1))(
    "an autoscaler follows what Pods use",
    async () => {
      await kubectl("autoscale deployment busy --cpu-percent=80 --min=1 --max=4");
      await eventually(async () => {
        expect(await kubectl("get deployment busy -o jsonpath={.status.readyReplicas}")).toBe("4");
        expect(rows(await kubectl("get hpa busy --no-headers"))[0]?.slice(0, 6)).toEqual([
          "busy",
          "Deployment/busy",
          "cpu:",
          "250%/80%",
          "1",
          "4",
        ]);
      }, 90_000);
    },
    120_000,
  );
});
