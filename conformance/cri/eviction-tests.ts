import { execFileSync } from "node:child_process";
import { rmdirSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../eventually.ts";
import { endCluster, newDataDir, type RealCluster, realCluster } from "./real-cluster.ts";

const MEBIBYTE = 1024 * 1024;
/** More than the cluster itself needs. */
const DISK_MEBIBYTES = 256;
/** Below every threshold, and enough for the database. */
const LEFT_MEBIBYTES = 14;
/** A node looks every ten seconds, and tells of what it saw for as long again. */
const LIMIT = 90_000;
const KUBELET = {
  apiVersion: "kubelet.config.k8s.io/v1beta1",
  kind: "KubeletConfiguration",
  evictionPressureTransitionPeriod: "5s",
  evictionHard: { "nodefs.available": "10%" },
};

/** A node with a disk of its own, which a Pod fills. */
export function evictionTests(missing: string | undefined): void {
  describe.skipIf(missing)("with a node whose disk is small", () => {
    const disk = newDataDir();
    const dataDir = join(disk, "d");
    let cluster: RealCluster;
    const apply = (object: object) => cluster.output("apply -f -", JSON.stringify(object));
    const pod = (name: string, command: readonly string[], container: object = {}) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name },
      spec: {
        nodeName: "node-a",
        terminationGracePeriodSeconds: 0,
        containers: [{ name: "c", image: "busybox", imagePullPolicy: "Never", command, ...container }],
      },
    });
    const field = (what: string, path: string) => cluster.output(`get ${what} -o jsonpath={${path}}`);

    beforeAll(async () => {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_MEBIBYTES}m`, "inkube-test", disk]);
      const file = join(disk, "kubelet.yaml");
      writeFileSync(file, JSON.stringify(KUBELET));
      cluster = await realCluster(dataDir, { nodes: 1, more: ["--kubelet-config", file] });
    }, LIMIT);
    afterAll(async () => {
      await endCluster(dataDir);
      execFileSync("umount", [disk]);
      rmdirSync(disk);
    });

    test("the Pod that fills it goes, the node says why it takes no others, and recovers", {
      timeout: LIMIT,
    }, async () => {
      const asks = { resources: { requests: { "ephemeral-storage": "10Mi" } } };
      await apply(pod("modest", ["sleep", "600"], asks));
      await cluster.output("wait pod/modest --for=condition=Ready --timeout=30s");
      const { bavail, bsize } = statfsSync(disk);
      const fill = Math.floor((bavail * bsize) / MEBIBYTE) - LEFT_MEBIBYTES;
      await apply(pod("fills", ["sh", "-c", `dd if=/dev/zero of=/file bs=1M count=${fill} && sleep 600`]));
      await cluster.output("wait pod/fills --for=jsonpath={.status.reason}=Evicted --timeout=60s");

      expect(await field("pod/fills", ".status.phase")).toBe("Failed");
      expect(await field("pod/fills", ".status.message")).toMatch(
        /^The node was low on resource: ephemeral-storage\. Threshold quantity: \d+\w*, available: \d+\w*\. Container c was using \d+\w*, request is 0, has larger consumption of ephemeral-storage\. $/,
      );
      const disruption = `.status.conditions[?(@.type=="DisruptionTarget")].reason`;
      expect(await field("pod/fills", disruption)).toBe("TerminationByKubelet");
      const told = JSON.parse(await cluster.output("get events --field-selector reason=Evicted -o json")).items;
      expect(told[0].metadata.annotations).toMatchObject({
        offending_containers: "c",
        starved_resource: "ephemeral-storage",
      });
      const pressure = `.status.conditions[?(@.type=="DiskPressure")].status`;
      const taints = `.spec.taints[?(@.key=="node.kubernetes.io/disk-pressure")].effect`;
      await eventually(async () => {
        const attempts = await cluster.output("get events --field-selector reason=EvictionThresholdMet");
        expect(attempts).toContain("Attempting to reclaim ephemeral-storage");
        const states = await cluster.output("get events --field-selector reason=NodeHasDiskPressure");
        expect(states).toContain("Node node-a status is now: NodeHasDiskPressure");
      });
      if ((await field("node/node-a", pressure)) === "True") {
        await apply(pod("late", ["true"]));
        await cluster.output("wait pod/late --for=jsonpath={.status.phase}=Failed --timeout=30s");
        expect(await field("pod/late", ".status.message")).toBe(
          "Pod was rejected: The node had condition: [DiskPressure]. ",
        );
      }
      // What the Pod had is given back, and the node takes others again.
      await eventually(async () => {
        expect(await field("node/node-a", pressure)).toBe("False");
        expect(await field("node/node-a", taints)).toBe("");
      }, 60_000);
      expect(await field("pod/modest", ".status.phase")).toBe("Running");
    });
  });
}
