import { expect, test } from "vitest";
import { eventually } from "../eventually.ts";
import type { RealCluster } from "./real-cluster.ts";

/** What nodes tell of their Pods' use. @param app label of Pods that run and are probed by a command */
export function usageTests(cluster: () => RealCluster, app: string): void {
  const output = (args: string) => cluster().output(args);
  const podOf = async (): Promise<{ name: string; node: string }> => {
    const [pod] = JSON.parse(await output(`get pods -l app=${app} -o json`)).items;
    return { name: pod.metadata.name, node: pod.spec.nodeName };
  };

  test("a node tells what its Pods use: processor, memory, disk, network, processes", async () => {
    const { name, node } = await podOf();
    const summary = JSON.parse(await output(`get --raw /api/v1/nodes/${node}/proxy/stats/summary`));
    const own = summary.pods.find((each: { podRef: { name: string } }) => each.podRef.name === name);
    for (const [what, value] of Object.entries({
      "a container's memory": own.containers[0].memory.workingSetBytes,
      "a container's processor": own.containers[0].cpu.usageCoreNanoSeconds,
      "a container's files": own.containers[0].rootfs.usedBytes,
      "a container's logs": own.containers[0].logs.usedBytes,
      "a Pod's network": own.network.rxBytes,
      "a Pod's processes": own.process_stats.process_count,
      "a Pod's disk": own["ephemeral-storage"].usedBytes,
      "a Pod's volumes": own.volume.length,
      "the node's disk": summary.node.fs.capacityBytes,
      "the node's images": summary.node.runtime.imageFs.usedBytes,
      "the machine's processes": summary.node.rlimit.curproc,
    })) {
      expect(value, what).toBeGreaterThan(0);
    }
  });

  test.each([
    ["metrics", /^kubelet_running_pods [1-9]/m],
    ["metrics/cadvisor", /^container_cpu_usage_seconds_total\{container="web",.*pod="web-.*\} [0-9.]+ \d+$/m],
    ["metrics/cadvisor", /^container_network_receive_bytes_total\{.*interface="eth0".*\} [1-9]/m],
    ["metrics/probes", /^prober_probe_total\{container="web",.*probe_type="Liveness",.*result="successful"\} [1-9]/m],
    ["metrics/resource", /^container_memory_working_set_bytes\{container="web",.*\} [1-9]/m],
  ])("a node's /%s has %s", async (path, pattern) => {
    const { node } = await podOf();
    expect(await output(`get --raw /api/v1/nodes/${node}/proxy/${path}`)).toMatch(pattern);
  });

  test("kubectl top shows nodes and Pods", async () => {
    const { name, node } = await podOf();
    await eventually(async () => {
      expect(await output("top node")).toMatch(new RegExp(`^${node} +\\d+m +\\d+% +\\d+Mi +\\d+%`, "m"));
      expect(await output("top pod")).toMatch(new RegExp(`^${name} +\\d+m +\\d+Mi`, "m"));
    }, 60_000);
  });
}
