import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../eventually.ts";
import type { RealCluster } from "./real-cluster.ts";

const NODE = "node-a";
const DEVICE_BYTES = 16 * 1024 * 1024;

/** A loop device for a file; undefined where this machine has none to give. */
function loopDevice(file: string): string | undefined {
  writeFileSync(file, "");
  truncateSync(file, DEVICE_BYTES);
  try {
    return execFileSync("losetup", ["--find", "--show", file], { encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    return undefined;
  }
}

/** Volumes that are folders and devices of a node, and those that no node here can provide. */
export function localVolumeTests(cluster: () => RealCluster): void {
  const apply = (...objects: object[]) =>
    cluster().output("apply -f -", JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));

  /** A volume of this node, and a claim of the same name that has it. */
  const disk = (name: string, path: string, volumeMode: "Filesystem" | "Block", source?: object) => {
    const common = { storageClassName: "", volumeMode, accessModes: ["ReadWriteOnce"] };
    const terms = [{ matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [NODE] }] }];
    const spec = { ...common, capacity: { storage: "10Mi" }, persistentVolumeReclaimPolicy: "Retain" };
    const volume = source ?? { local: { path }, nodeAffinity: { required: { nodeSelectorTerms: terms } } };
    const claim = { ...common, volumeName: name, resources: { requests: { storage: "10Mi" } } };
    return [
      { apiVersion: "v1", kind: "PersistentVolume", metadata: { name }, spec: { ...spec, ...volume } },
      { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name }, spec: claim },
    ];
  };

  const pod = (name: string, script: string, container: object, volume: object, securityContext: object = {}) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 0,
      nodeName: NODE,
      securityContext,
      containers: [
        { name: "c", image: "busybox", imagePullPolicy: "Never", command: ["sh", "-c", script], ...container },
      ],
      volumes: [{ name: "v", ...volume }],
    },
  });
  const ofClaim = (claimName: string) => ({ persistentVolumeClaim: { claimName } });
  const mounted = { volumeMounts: [{ name: "v", mountPath: "/v" }] };

  /** Runs a Pod to its end. @returns its log */
  async function run(made: ReturnType<typeof pod>): Promise<string> {
    const { name } = made.metadata;
    await apply(made);
    await cluster().output(`wait pod/${name} --for=jsonpath={.status.phase}=Succeeded --timeout=30s`);
    const log = await cluster().output(`logs ${name}`);
    await cluster().output(`delete pod ${name}`);
    return log;
  }

  async function refusal(made: ReturnType<typeof pod>): Promise<string> {
    const { name } = made.metadata;
    await apply(made);
    const events = `get events --field-selector involvedObject.name=${name},reason=FailedMount -o jsonpath={.items[*].message}`;
    const said = await eventually(async () => {
      const message = await cluster().output(events);
      expect(message).not.toBe("");
      return message;
    });
    await cluster().output(`delete pod ${name}`);
    return said;
  }

  describe("volumes of the node", () => {
    let folder = "";
    const devices: string[] = [];
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "ink-disks-"));
      for (const name of ["raw", "formatted"]) devices.push(...[loopDevice(join(folder, name)) ?? []].flat());
      if (devices.length < 2) console.warn("volumes that are devices are not tested: this machine has no loop devices");
    });
    afterAll(async () => {
      // A node lets go of a Pod's mounts a moment after its object is gone.
      await eventually(() => {
        for (const device of devices.splice(0)) execFileSync("losetup", ["--detach", device], { stdio: "pipe" });
        return Promise.resolve();
      });
      rmSync(folder, { recursive: true, force: true });
    });

    test("a folder is given to the Pod's group, and outlives the Pod", async () => {
      const path = join(folder, "plain");
      mkdirSync(path);
      await apply(...disk("plain", path, "Filesystem"));
      const script = "echo kept > /v/file; stat -c '%a %g' /v";
      expect(await run(pod("fills", script, mounted, ofClaim("plain"), { fsGroup: 2000 }))).toBe("2775 2000\n");
      expect(existsSync(join(path, "file"))).toBe(true);
      const readOnly = { persistentVolumeClaim: { claimName: "plain", readOnly: true } };
      expect(await run(pod("reads", "cat /v/file; touch /v/new 2>&1 || true", mounted, readOnly))).toBe(
        "kept\ntouch: /v/new: Read-only file system\n",
      );
    });

    test("a device is one in the container too", async ({ skip }) => {
      const [device] = devices;
      if (!device) return skip();
      await apply(...disk("raw", device, "Block"));
      const container = { volumeDevices: [{ name: "v", devicePath: "/dev/disk" }] };
      expect(await run(pod("writes", "echo kept > /dev/disk", container, ofClaim("raw")))).toBe("");
      const script = "test -b /dev/disk && head -c 5 /dev/disk";
      expect(await run(pod("reads", script, container, ofClaim("raw")))).toBe("kept\n");
      expect(await refusal(pod("mounts", "true", mounted, ofClaim("raw")))).toContain(
        "volume v has volumeMode Block, but is specified in volumeMounts",
      );
    });

    test("a device with nothing on it gets a file system", async ({ skip }) => {
      const [, device] = devices;
      if (!device) return skip();
      await apply(...disk("formatted", device, "Filesystem"));
      const script = "echo kept >> /v/file; cat /v/file; df -T /v | tail -1 | tr -s ' ' | cut -d' ' -f2";
      const made = (name: string) => pod(name, script, mounted, ofClaim("formatted"));
      expect(await run(made("first"))).toBe("kept\next4\n");
      expect(await run(made("second"))).toBe("kept\nkept\next4\n");
    });

    test("what cannot be provided is said in an event", async () => {
      await apply(...disk("absent", join(folder, "absent"), "Filesystem"));
      expect(await refusal(pod("waits", "true", mounted, ofClaim("absent")))).toBe(
        `MountVolume.SetUp failed for volume "absent" : path "${join(folder, "absent")}" does not exist`,
      );
      const driver = "hostpath.csi.k8s.io";
      const unknown = `driver name ${driver} not found in the list of registered CSI drivers`;
      expect(await refusal(pod("inline", "true", mounted, { csi: { driver } }))).toBe(
        `MountVolume.SetUp failed for volume "v" : kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: ${unknown}`,
      );
      await apply(...disk("driven", "", "Filesystem", { csi: { driver, volumeHandle: "one" } }));
      expect(await refusal(pod("claims", "true", mounted, ofClaim("driven")))).toBe(
        `MountVolume.MountDevice failed for volume "driven" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: ${unknown}`,
      );
    });
  });
}
