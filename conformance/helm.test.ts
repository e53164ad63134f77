import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ClusterUnderTest, clusterUnderTest } from "./cluster.ts";
import { helmPath, kubectlPath, type Output, runClient } from "./kubectl.ts";

const chart = join(import.meta.dirname, "chart");
const namespace = `helm-${process.pid}`;
let cluster: ClusterUnderTest;

const run = (binary: string, args: readonly string[]): Promise<Output> =>
  runClient(binary, cluster.kubeconfig, ["-n", namespace, ...args]);

/** The standard output of a command that must succeed; words are split at spaces. */
async function succeed(binary: string, args: string): Promise<string> {
  const output = await run(binary, args.split(" "));
  expect(output.exit, output.stderr + output.stdout).toBe(0);
  return output.stdout;
}
const helm = (args: string) => succeed(helmPath(36), args);
const kubectl = (args: string) => succeed(kubectlPath(36), args);

interface Release {
  readonly revision: number;
  readonly status: string;
  readonly description: string;
}
const history = async (): Promise<Release[]> => JSON.parse(await helm("history demo -o json"));
const replicas = () => kubectl("get deployment demo -o jsonpath={.spec.replicas}/{.status.readyReplicas}");
const released = "configmap,secret,service,deployment,statefulset,cronjob,ingress,networkpolicy,role,rolebinding";

beforeAll(async () => {
  cluster = await clusterUnderTest();
  await kubectl(`create namespace ${namespace}`);
});
afterAll(async () => {
  await run(kubectlPath(36), ["delete", "namespace", namespace, "--ignore-not-found", "--wait=false"]);
  await run(kubectlPath(36), ["delete", "crd", "widgets.chart.example.com", "--ignore-not-found"]);
  await cluster?.stop();
});

test("a chart with hooks and a custom resource lives from install to uninstall", async () => {
  expect(await helm(`lint ${chart}`)).toContain("1 chart(s) linted, 0 chart(s) failed");

  expect(await helm(`install demo ${chart} --wait --timeout 90s`)).toContain("demo says hello.");
  expect(await replicas()).toBe("2/2");
  expect(await kubectl("get widget demo -o jsonpath={.spec.size}")).toBe("2");
  expect(await kubectl("get pvc data-demo-store-0 -o jsonpath={.status.phase}")).toBe("Bound");
  expect(await kubectl("get job demo-pre-install -o jsonpath={.status.succeeded}")).toBe("1");

  const upgrade = `upgrade demo ${chart} --set replicas=3 --set greeting=hi --wait --timeout 90s`;
  expect(await helm(upgrade)).toContain("demo says hi.");
  expect(await replicas()).toBe("3/3");
  expect(await kubectl("get widget demo -o jsonpath={.spec.size}")).toBe("3");
  expect(await kubectl("get job demo-post-upgrade -o jsonpath={.status.succeeded}")).toBe("1");

  expect(await helm("test demo --timeout 60s")).toMatch(/TEST SUITE: +demo-test\n[\s\S]*Phase: +Succeeded/);

  await helm("rollback demo 1 --wait --timeout 90s");
  expect(await replicas()).toBe("2/2");
  expect(await kubectl("get configmap demo -o jsonpath={.data.greeting}")).toBe("hello");
  expect((await history()).map(({ revision, status }) => [revision, status])).toEqual([
    [1, "superseded"],
    [2, "superseded"],
    [3, "deployed"],
  ]);

  expect(await helm("uninstall demo --wait --timeout 60s")).toBe('release "demo" uninstalled\n');
  expect(await kubectl(`get ${released} -l app.kubernetes.io/managed-by=Helm -o name`)).toBe("");
  expect(await kubectl("get widgets,statefulsets,deployments -o name")).toBe("");
  expect(await kubectl("get crd widgets.chart.example.com -o jsonpath={.metadata.name}")).toBe(
    "widgets.chart.example.com",
  );
});

test("a release that cannot become ready fails in time, and is mended by an upgrade", async () => {
  const broken = `install broken ${chart} --wait --timeout 3s --set image=registry.example.com/web:nonexistent`;
  const failed = await run(helmPath(36), broken.split(" "));
  expect(failed.exit).not.toBe(0);
  expect(await helm("list --failed -q")).toBe("broken\n");
  await helm(`upgrade broken ${chart} --reset-values --wait --timeout 90s`);
  expect(await helm("list --deployed -q")).toBe("broken\n");
  await helm("uninstall broken --wait --timeout 60s");
});
