import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ClusterUnderTest, clusterUnderTest } from "./cluster.ts";
import { eventually } from "./eventually.ts";
import { kubectlMinors, kubectlPath, type Output, runClient } from "./kubectl.ts";

const example = join(import.meta.dirname, "..", "examples", "nginx-deploy.yaml");
const manifest = readFileSync(example, "utf8");
let cluster: ClusterUnderTest;

beforeAll(async () => {
  cluster = await clusterUnderTest();
});
afterAll(() => cluster?.stop());

/** Lines of a table, each split into its columns. */
const rows = ({ stdout }: Output) =>
  stdout
    .trim()
    .split("\n")
    .map((line) => line.split(/\s{2,}/));

describe.each(kubectlMinors)("with kubectl 1.%i", (minor) => {
  const namespace = `workloads-${minor}-${process.pid}`;
  const run = (args: string[], input?: string) =>
    runClient(kubectlPath(minor), cluster.kubeconfig, ["-n", namespace, ...args], input);
  /** The standard output of a command that must succeed. */
  async function kubectl(args: string, input?: string): Promise<Output> {
    const output = await run(args.split(" "), input);
    expect(output.exit, output.stderr).toBe(0);
    return output;
  }
  const names = async (selector = "app=nginx") =>
    (await kubectl(`get pods -l ${selector} -o name`)).stdout.trim().split("\n").filter(Boolean).sort();
  const rolledOut = async () =>
    expect((await kubectl("rollout status deployment/nginx-deploy --timeout=60s")).stdout).toContain(
      'deployment "nginx-deploy" successfully rolled out\n',
    );
  const images = async () =>
    (await kubectl("get pods -l app=nginx -o jsonpath={.items[*].spec.containers[*].image}")).stdout.split(" ");

  beforeAll(() => kubectl(`create namespace ${namespace}`));
  afterAll(() => run(["delete", "namespace", namespace, "--ignore-not-found", "--wait=false"]));

  test("a Deployment lives from apply to delete", async () => {
    expect((await kubectl("apply -f -", manifest)).stdout).toBe("deployment.apps/nginx-deploy created\n");
    await rolledOut();
    expect((await kubectl("apply -f -", manifest)).stdout).toBe("deployment.apps/nginx-deploy unchanged\n");

    expect(rows(await kubectl("get deployments -o wide"))).toEqual([
      ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE", "CONTAINERS", "IMAGES", "SELECTOR"],
      ["nginx-deploy", "3/3", "3", "3", expect.any(String), "nginx", "nginx:latest", "app=nginx"],
    ]);
    const [setHeader, set] = rows(await kubectl("get replicasets -o wide"));
    expect(setHeader).toEqual(["NAME", "DESIRED", "CURRENT", "READY", "AGE", "CONTAINERS", "IMAGES", "SELECTOR"]);
    const hash = set?.[0]?.replace("nginx-deploy-", "");
    expect(set?.slice(1, 4)).toEqual(["3", "3", "3"]);
    expect(set?.slice(5)).toEqual(["nginx", "nginx:latest", `app=nginx,pod-template-hash=${hash}`]);
    const [podHeader, ...pods] = rows(await kubectl("get pods -o wide"));
    expect(podHeader?.slice(0, 7)).toEqual(["NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE"]);
    expect(podHeader?.slice(7)).toEqual(["NOMINATED NODE", "READINESS GATES"]);
    expect(pods).toHaveLength(3);
    for (const [name, ready, phase, restarts, , ip] of pods) {
      expect(name).toMatch(new RegExp(`^nginx-deploy-${hash}-[bcdfghjklmnpqrstvwxz2456789]{5}$`));
      expect([ready, phase, restarts]).toEqual(["1/1", "Running", "0"]);
      expect(ip).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    }
    expect(new Set(pods.map(([, , , , , ip]) => ip)).size).toBe(3);

    const [victim = "", ...kept] = await names();
    expect((await kubectl(`delete ${victim}`)).stdout).toMatch(/^pod "nginx-deploy-.*" deleted/);
    await eventually(async () => {
      const now = await names();
      expect(now).toHaveLength(3);
      expect(now).toEqual(expect.arrayContaining(kept));
      expect(now).not.toContain(victim);
    });
    await rolledOut();

    expect((await kubectl("scale deployment/nginx-deploy --replicas=5")).stdout).toBe(
      "deployment.apps/nginx-deploy scaled\n",
    );
    await rolledOut();
    expect(await names()).toHaveLength(5);

    expect((await kubectl("set image deployment/nginx-deploy nginx=nginx:1.27")).stdout).toBe(
      "deployment.apps/nginx-deploy image updated\n",
    );
    await rolledOut();
    await eventually(async () => expect(await images()).toEqual(Array(5).fill("nginx:1.27")));
    expect((await kubectl("rollout history deployment/nginx-deploy")).stdout).toMatch(
      /^deployment.apps\/nginx-deploy \nREVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>\n/,
    );
    expect((await kubectl("rollout undo deployment/nginx-deploy")).stdout).toBe(
      "deployment.apps/nginx-deploy rolled back\n",
    );
    await rolledOut();
    await eventually(async () => expect(await images()).toEqual(Array(5).fill("nginx:latest")));

    const described = (await kubectl("describe deployment nginx-deploy")).stdout;
    expect(described).toMatch(/^Replicas: +5 desired \| 5 updated \| 5 total \| 5 available \| 0 unavailable$/m);
    expect(described).toMatch(/^ {2}Available +True +MinimumReplicasAvailable$/m);
    expect(described).toMatch(/^ {2}Progressing +True +NewReplicaSetAvailable$/m);
    expect(described).toMatch(
      /ScalingReplicaSet .*deployment-controller +Scaled up replica set nginx-deploy-\w+ from 0 to 3$/m,
    );

    await kubectl("delete deployment nginx-deploy");
    await eventually(async () => {
      expect((await kubectl("get deployments,replicasets,pods -l app=nginx -o name")).stdout).toBe("");
    });
  });

  test("a Deployment without a selector is refused in upstream's words", async () => {
    const without = manifest.replace(/^ {2}selector:.*\n/m, "").replace("nginx-deploy", "no-selector");
    const { exit, stderr } = await run(["create", "-f", "-"], without);
    expect(exit).toBe(1);
    expect(stderr).toBe(
      'The Deployment "no-selector" is invalid: \n* spec.selector: Required value\n' +
        '* spec.template.metadata.labels: Invalid value: {"app":"nginx"}: `selector` does not match template `labels`\n',
    );
  });

  test("an unknown field is refused before anything is written", async () => {
    const { exit, stderr } = await run(["create", "-f", "-"], manifest.replace("  replicas:", "  replcas:"));
    expect(exit).toBe(1);
    expect(stderr).toContain(
      'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replcas"',
    );
  });

  test("explain knows the fields of a type", async () => {
    const { stdout } = await kubectl("explain deployment.spec.strategy");
    expect(stdout).toMatch(/^GROUP: +apps\nKIND: +Deployment\nVERSION: +v1\n\nFIELD: strategy <DeploymentStrategy>\n/);
    expect(stdout).toMatch(/^ {2}rollingUpdate\t<RollingUpdateDeployment>$/m);
  });

  test("api-resources lists what is served", async () => {
    const listed = rows(await kubectl("api-resources --no-headers")).map((row) => row.join(" "));
    expect(listed).toEqual(
      expect.arrayContaining([
        "pods po v1 true Pod",
        "deployments deploy apps/v1 true Deployment",
        "nodes no v1 false Node",
      ]),
    );
  });

  test("get --watch shows each step of a Pod", async () => {
    const watch: ChildProcess = spawn(kubectlPath(minor), ["-n", namespace, "get", "pods", "-w", "-l", "run=steps"], {
      env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
      stdio: ["ignore", "pipe", "ignore"],
    });
    let seen = "";
    watch.stdout?.on("data", (chunk) => {
      seen += chunk;
    });
    try {
      // The watch begins with a list: what is made after it is shown step by step, and if before, from where it is.
      await kubectl("run steps --image=nginx");
      await eventually(() => expect(seen).toMatch(/^steps +1\/1 +Running/m));
      await kubectl("delete pod steps");
      await eventually(() => expect(seen).toMatch(/^steps +[01]\/1 +(Terminating|Completed)/m));
      expect(seen).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE$/m);
    } finally {
      watch.kill();
    }
  });

  test("a Service gets an address of its own and the addresses of its Pods", async () => {
    await kubectl("create deployment web --image=nginx --replicas=2 --port=80");
    await kubectl("expose deployment web --port=80");
    await kubectl("rollout status deployment/web --timeout=60s");
    const address = (await kubectl("get service web -o jsonpath={.spec.clusterIP}")).stdout;
    expect(address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    const pods = (await kubectl("get pods -l app=web -o jsonpath={.items[*].status.podIP}")).stdout.split(" ").sort();
    expect(pods).toHaveLength(2);
    await eventually(async () => {
      const path = "{.items[*].endpoints[?(@.conditions.ready==true)].addresses[*]}";
      const { stdout } = await kubectl(`get endpointslices -l kubernetes.io/service-name=web -o jsonpath=${path}`);
      expect(stdout.split(" ").sort()).toEqual(pods);
    });
  });

  test("a Job runs to its end", async () => {
    await kubectl("create job once --image=busybox -- true");
    expect((await kubectl("wait --for=condition=complete job/once --timeout=60s")).stdout).toBe(
      "job.batch/once condition met\n",
    );
  });

  test("deleting a namespace waits until its content is gone", async () => {
    const other = `${namespace}-full`;
    await kubectl(`create namespace ${other}`);
    for (const made of [
      "deployment web --image=nginx",
      "configmap settings --from-literal=a=b",
      "serviceaccount robot",
    ]) {
      const output = await run(["-n", other, "create", ...made.split(" ")]);
      expect(output.exit, output.stderr).toBe(0);
    }
    expect((await kubectl(`delete namespace ${other} --timeout=60s`)).stdout).toBe(`namespace "${other}" deleted\n`);
    const { exit, stderr } = await run(["get", "namespace", other]);
    expect(exit).toBe(1);
    expect(stderr).toBe(`Error from server (NotFound): namespaces "${other}" not found\n`);
  });
});
