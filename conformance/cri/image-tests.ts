import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../eventually.ts";
import type { RealCluster } from "./real-cluster.ts";
import { PASSWORD, type Registry, startRegistry, USER } from "./registry.ts";

const LIMIT = 120_000;
/** The first pause after a pull that failed is ten seconds. */
const AFTER_PAUSE = 40_000;

/** Pulls from a registry, all on one node. */
export function imageTests(cluster: () => RealCluster): void {
  const output = (args: string, input?: string) => cluster().output(args, input);
  const run = (name: string, image: string, imagePullPolicy: string, secret?: string) =>
    output(
      "apply -f -",
      JSON.stringify({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, labels: { app: "pulled" } },
        spec: {
          nodeName: "node-a",
          terminationGracePeriodSeconds: 0,
          containers: [{ name: "c", image, imagePullPolicy, command: ["sleep", "600"] }],
          ...(secret && { imagePullSecrets: [{ name: secret }] }),
        },
      }),
    );
  const stateOf = async (name: string) =>
    JSON.parse(await output(`get pod ${name} -o json`)).status.containerStatuses?.[0]?.state ?? {};
  const isRunning = (name: string, limit?: number) =>
    eventually(async () => expect(await stateOf(name)).toHaveProperty("running"), limit);
  const waitsFor = (name: string, reason: string) =>
    eventually(async () => expect((await stateOf(name)).waiting?.reason).toBe(reason));
  const eventsOf = async (name: string): Promise<string[]> => {
    const { items } = JSON.parse(await output(`get events --field-selector involvedObject.name=${name} -o json`));
    return items.map(({ reason, message }: { reason: string; message: string }) => `${reason}: ${message}`);
  };
  const told = (name: string, ...expected: RegExp[]) =>
    eventually(async () => {
      const events = await eventsOf(name);
      for (const pattern of expected) expect(events).toContainEqual(expect.stringMatching(pattern));
    });

  describe("images of a registry", { timeout: LIMIT }, () => {
    let registry: Registry;
    let image = "";

    beforeAll(async () => {
      const server = await output("config view --minify -o jsonpath={.clusters[0].cluster.server}");
      registry = await startRegistry(new URL(server).hostname);
      image = `${registry.host}/private/busybox:1`;
      for (const node of ["node-a", "node-b"]) {
        const folder = join(cluster().dataDir, "nodes", node, "registries", registry.host);
        mkdirSync(folder, { recursive: true });
        const url = `http://${registry.host}`;
        writeFileSync(join(folder, "hosts.toml"), `server = "${url}"\n[host."${url}"]\n`);
      }
      const { exit, stderr } = await cluster().kubectl([
        ...["create", "secret", "docker-registry", "reads", `--docker-server=${registry.host}`],
        ...[`--docker-username=${USER}`, `--docker-password=${PASSWORD}`],
      ]);
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    });
    afterAll(async () => {
      await output("delete pod -l app=pulled --ignore-not-found");
      registry?.stop();
    });

    test("one that takes a password is not to be had without, and is with a secret", async () => {
      await run("without", image, "IfNotPresent");
      await waitsFor("without", "ImagePullBackOff");
      await told(
        "without",
        /^Failed: Failed to pull image ".*": .*(401|authorization failed)/,
        /^Failed: Error: ErrImagePull$/,
        /^BackOff: Back-off pulling image ".*"/,
        /^Failed: Error: ImagePullBackOff$/,
      );
      await run("with", image, "IfNotPresent", "reads");
      await isRunning("with");
      await told("with", /^Pulling: /, /^Pulled: Successfully pulled image ".*" in .* Image size: \d+ bytes\.$/);
    });

    test("one that is there is not for Pods that could not pull it", async () => {
      await run("also-without", image, "IfNotPresent");
      await waitsFor("also-without", "ImagePullBackOff");
      await run("never-without", image, "Never");
      await waitsFor("never-without", "ErrImageNeverPull");
      const before = registry.pulls;
      await run("again-with", image, "IfNotPresent", "reads");
      await isRunning("again-with");
      await told("again-with", /^Pulled: .* already present on machine and can be accessed by the pod$/);
      expect(registry.pulls).toBe(before);
      await run("always-with", image, "Always", "reads");
      await isRunning("always-with");
      expect(registry.pulls).toBeGreaterThan(before);
    });

    test("a registry that fails is asked again after a pause", async () => {
      registry.isBusy = true;
      await run("patient", `${registry.host}/public/busybox:1`, "IfNotPresent");
      await waitsFor("patient", "ImagePullBackOff");
      registry.isBusy = false;
      await isRunning("patient", AFTER_PAUSE);
      // Had for nothing, it is anybody's.
      await run("other", `${registry.host}/public/busybox:1`, "Never");
      await isRunning("other");
    });
  });
}
