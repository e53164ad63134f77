import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventually } from "../eventually.ts";
import type { RealCluster } from "./real-cluster.ts";

/** Volumes of all kinds, on a cluster that has the image `busybox`. */
export function volumeTests(cluster: () => RealCluster): void {
  const apply = (object: object) => cluster().output("apply -f -", JSON.stringify(object));

  test("volumes show what objects hold, and change with them", async () => {
    await cluster().output("create configmap settings --from-literal=colour=red");
    await cluster().output("create secret generic keys --from-literal=key=hidden");
    await apply({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "reader", labels: { app: "reader" } },
      spec: {
        terminationGracePeriodSeconds: 0,
        securityContext: { fsGroup: 2000, runAsUser: 1000 },
        initContainers: [
          {
            name: "first",
            image: "busybox",
            imagePullPolicy: "Never",
            command: ["sh", "-c", "echo made > /shared/file"],
          },
        ].map((container) => ({ ...container, volumeMounts: [{ name: "shared", mountPath: "/shared" }] })),
        containers: [
          {
            name: "reader",
            image: "busybox",
            imagePullPolicy: "Never",
            command: ["sleep", "600"],
            env: [{ name: "COLOUR", valueFrom: { configMapKeyRef: { name: "settings", key: "colour" } } }],
            volumeMounts: [
              { name: "settings", mountPath: "/settings" },
              { name: "keys", mountPath: "/keys" },
              { name: "about", mountPath: "/about" },
              { name: "shared", mountPath: "/shared" },
              { name: "shared", mountPath: "/part", subPath: "deep/part" },
              { name: "memory", mountPath: "/memory" },
              { name: "image", mountPath: "/image" },
            ],
          },
        ],
        volumes: [
          { name: "settings", configMap: { name: "settings" } },
          { name: "keys", secret: { secretName: "keys", defaultMode: 0o400 } },
          { name: "about", downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } },
          { name: "shared", emptyDir: {} },
          { name: "image", image: { reference: "busybox", pullPolicy: "IfNotPresent" } },
          { name: "memory", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
        ],
      },
    });
    await cluster().output("wait pod/reader --for=condition=Ready --timeout=30s");
    const run = async (script: string) =>
      (await cluster().kubectl(["exec", "reader", "--", "sh", "-c", script])).stdout;
    expect(
      await run("cat /settings/colour /keys/key /about/labels /shared/file /image/etc/group; echo $COLOUR; id -G"),
    ).toBe('redhiddenapp="reader"made\nroot:x:0:\nnobody:x:65534:\nred\n0 2000\n');
    expect(
      await run("stat -c '%a %g' /keys/..data/key; touch /part/x; ls /shared/deep/part; df /memory | tail -1"),
    ).toMatch(/^440 2000\nx\ntmpfs\s+1024 /);
    // tmpfs keeps its sticky bit, and the group's folders hand the group on.
    expect(await run("stat -c %a /shared /part /memory")).toBe("2777\n2777\n3777\n");
    const token = "/var/run/secrets/kubernetes.io/serviceaccount/token";
    const [, claims = ""] = (await run(`cat ${token}`)).split(".");
    expect(JSON.parse(Buffer.from(claims, "base64url").toString("utf8"))).toMatchObject({
      sub: "system:serviceaccount:default:default",
      "kubernetes.io": { pod: { name: "reader" } },
    });
    await cluster().output(`patch configmap settings -p {"data":{"colour":"blue"}}`);
    await eventually(async () => expect(await run("cat /settings/colour")).toBe("blue"), 30_000);
    await cluster().output("delete pod reader");
  });

  test("variables come from files of volumes, and a subPath that leads out of its volume is told of", async () => {
    const container = { image: "busybox", imagePullPolicy: "Never" };
    const volumeMounts = [{ name: "shared", mountPath: "/shared" }];
    const fromFile = (name: string, key: string, optional: boolean) => ({
      name,
      valueFrom: { fileKeyRef: { volumeName: "shared", path: "settings/env", key, optional } },
    });
    const first = "mkdir /shared/settings; echo \"COLOUR='dark red'\" > /shared/settings/env; ln -s /none /shared/link";
    const pod = (name: string, last: object) =>
      apply({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name },
        spec: {
          terminationGracePeriodSeconds: 0,
          volumes: [{ name: "shared", emptyDir: {} }],
          initContainers: [{ ...container, name: "first", command: ["sh", "-c", first], volumeMounts }],
          containers: [{ ...container, name: "last", command: ["sleep", "600"], ...last }],
        },
      });
    await pod("coloured", { env: [fromFile("COLOUR", "COLOUR", false), fromFile("SIZE", "SIZE", true)] });
    await pod("colourless", { env: [fromFile("SIZE", "SIZE", false)] });
    await pod("outside", { volumeMounts: [{ name: "shared", mountPath: "/shared", subPath: "link" }] });
    await cluster().output("wait pod/coloured --for=condition=Ready --timeout=30s");
    expect(await cluster().output("exec coloured -- env")).toMatch(/^COLOUR=dark red$/m);
    expect(await cluster().output("exec coloured -- env")).not.toContain("SIZE");
    const waiting = async (name: string) =>
      cluster().output(`get pod ${name} -o jsonpath={.status.containerStatuses[0].state.waiting}`);
    await eventually(async () =>
      expect(JSON.parse(await waiting("outside"))).toEqual({
        reason: "CreateContainerConfigError",
        message: 'failed to create subPath directory for volumeMount "shared" of container "last"',
      }),
    );
    await eventually(async () =>
      expect(JSON.parse(await waiting("colourless"))).toEqual({
        reason: "CreateContainerConfigError",
        message: expect.stringMatching(
          /^environment variable key "SIZE" not found in file ".*\/shared\/settings\/env"$/,
        ),
      }),
    );
    await cluster().output("delete pod/coloured pod/colourless pod/outside");
  });

  test("what one container mounts in a volume others see that ask for it, until the Pod goes", async () => {
    const container = { image: "busybox", imagePullPolicy: "Never" };
    const shared = (mountPropagation?: string) => ({
      volumeMounts: [{ name: "shared", mountPath: "/shared", ...(mountPropagation && { mountPropagation }) }],
    });
    const wait = ["sh", "-c", "until [ -e /shared/disk ]; do sleep 0.1; done; sleep 600"];
    const mounts = "sleep 1; mkdir /shared/disk; mount -t tmpfs disk /shared/disk; touch /shared/disk/here; sleep 600";
    const privileged = { securityContext: { privileged: true } };
    await apply({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "mounts" },
      spec: {
        terminationGracePeriodSeconds: 0,
        volumes: [{ name: "shared", emptyDir: {} }],
        containers: [
          { ...container, name: "master", command: ["sh", "-c", mounts], ...privileged, ...shared("Bidirectional") },
          { ...container, name: "slave", command: wait, ...shared("HostToContainer") },
          { ...container, name: "private", command: wait, ...shared() },
        ],
      },
    });
    await cluster().output("wait pod/mounts --for=condition=Ready --timeout=30s");
    const seen = async (name: string) => cluster().output(`exec mounts -c ${name} -- ls /shared/disk`);
    await eventually(async () => expect(await seen("slave")).toBe("here\n"));
    expect(await seen("private")).toBe("");
    const uid = await cluster().output("get pod mounts -o jsonpath={.metadata.uid}");
    const isMounted = () => readFileSync("/proc/self/mountinfo", "utf8").includes(`${uid}/volumes`);
    expect(isMounted()).toBe(true);
    await cluster().output("delete pod mounts");
    await eventually(() => expect(isMounted()).toBe(false));
  });

  test("what a claim holds is kept from Pod to Pod, and goes with the claim", async () => {
    const claim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "kept" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Mi" } } },
    };
    await apply(claim);
    const run = async (name: string, script: string) => {
      const container = { name: "c", image: "busybox", imagePullPolicy: "Never", command: ["sh", "-c", script] };
      await apply({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name },
        spec: {
          restartPolicy: "Never",
          containers: [{ ...container, volumeMounts: [{ name: "disk", mountPath: "/disk" }] }],
          volumes: [{ name: "disk", persistentVolumeClaim: { claimName: "kept" } }],
        },
      });
      await cluster().output(`wait pod/${name} --for=jsonpath={.status.phase}=Succeeded --timeout=40s`);
    };
    await run("writes", "echo written > /disk/file");
    await run("reads", "cat /disk/file");
    expect(await cluster().output("logs reads")).toBe("written\n");
    const volume = await cluster().output("get pvc kept -o jsonpath={.spec.volumeName}");
    const folders = ["node-a", "node-b"].map((node) => join(cluster().dataDir, "nodes", node, "volumes", volume));
    expect(folders.filter((folder) => existsSync(folder))).toHaveLength(1);
    await cluster().output("delete pod/writes pod/reads pvc/kept");
    await eventually(() => expect(folders.filter((folder) => existsSync(folder))).toEqual([]));
  });
}
