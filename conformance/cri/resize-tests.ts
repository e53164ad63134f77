import { expect, test } from "vitest";
import { eventually } from "../eventually.ts";
import type { RealCluster } from "./real-cluster.ts";

const QUOTA = "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || cut -d' ' -f1 /sys/fs/cgroup/cpu.max";
const MEMORY = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max";

/** Amounts that change while a Pod runs, and rules by which its containers begin anew. */
export function resizeTests(cluster: () => RealCluster): void {
  const container = (name: string, script: string, more: object = {}) => ({
    name,
    image: "busybox",
    imagePullPolicy: "Never",
    command: ["sh", "-c", script],
    ...more,
  });
  const start = (name: string, spec: object) =>
    cluster().output(
      "apply -f -",
      JSON.stringify({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name },
        spec: { terminationGracePeriodSeconds: 0, ...spec },
      }),
    );
  const resize = (name: string, spec: object) =>
    cluster().kubectl(["patch", "pod", name, "--subresource", "resize", "-p", JSON.stringify({ spec })]);
  const inside = async (name: string, script: string) =>
    (await cluster().kubectl(["exec", name, "-c", "c", "--", "sh", "-c", script])).stdout.trim();
  const restarts = (name: string) =>
    cluster().output(`get pod ${name} -o jsonpath={.status.containerStatuses[*].restartCount}`);

  test("a container that wants to begin anew with other amounts does, and has them", async () => {
    const resizePolicy = [{ resourceName: "cpu", restartPolicy: "RestartContainer" }];
    const amounts = (cpu: string) => ({ resources: { requests: { cpu: "10m" }, limits: { cpu } } });
    await start("anew", { containers: [container("c", "sleep 600", { resizePolicy, ...amounts("50m") })] });
    await cluster().output("wait pod/anew --for=condition=Ready --timeout=30s");
    expect((await resize("anew", { containers: [{ name: "c", ...amounts("100m") }] })).stderr).toBe("");
    await eventually(async () => {
      expect(await restarts("anew")).toBe("1");
      expect(await inside("anew", QUOTA)).toBe("10000");
    });
    await cluster().output("delete pod anew");
  });

  test("what a Pod has as a whole changes in place", async () => {
    const amounts = (memory: string) => ({ resources: { requests: { memory: "16Mi" }, limits: { memory } } });
    await start("whole", { ...amounts("32Mi"), containers: [container("c", "sleep 600")] });
    await cluster().output("wait pod/whole --for=condition=Ready --timeout=30s");
    expect(await inside("whole", MEMORY)).toBe(String(32 * 1024 * 1024));
    expect((await resize("whole", amounts("64Mi"))).stderr).toBe("");
    await eventually(async () => expect(await inside("whole", MEMORY)).toBe(String(64 * 1024 * 1024)));
    expect(await restarts("whole")).toBe("0");
    await cluster().output("delete pod whole");
  });

  test("all containers begin anew where a rule asks for it, and one alone by its own policy", async () => {
    const mounted = { volumeMounts: [{ name: "notes", mountPath: "/notes" }] };
    const rules = (action: string) => ({
      restartPolicy: "Never",
      restartPolicyRules: [{ action, exitCodes: { operator: "In", values: [42] } }],
    });
    const once = (file: string) => `test -e /notes/${file} || { touch /notes/${file}; exit 42; }; sleep 600`;
    await start("rules", {
      restartPolicy: "Never",
      volumes: [{ name: "notes", emptyDir: {} }],
      initContainers: [container("first", "echo ran >> /notes/first", mounted)],
      containers: [
        container("c", once("all"), { ...mounted, ...rules("RestartAllContainers") }),
        container("beside", "sleep 600"),
      ],
    });
    await start("alone", {
      restartPolicy: "Never",
      volumes: [{ name: "notes", emptyDir: {} }],
      containers: [
        container("c", once("alone"), { ...mounted, ...rules("Restart") }),
        container("beside", "sleep 600"),
      ],
    });
    await eventually(async () => {
      expect(await restarts("rules")).toBe("1 1");
      expect(await inside("rules", "cat /notes/first")).toBe("ran\nran");
      expect(await restarts("alone")).toBe("0 1"); // in the order of their names
    }, 40_000);
    await cluster().output("delete pod rules alone");
  });
}
