import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock as clock } from "../../../../client/index.ts";
import { criClient, isNotFound, isTimeOut } from "../api/client.ts";
import { CONTAINER_STATE, type SandboxConfig } from "../api/types.ts";
import { ociArchive } from "../images/oci-archive.ts";
import { PAUSE_IMAGE, pauseArchive } from "../images/pause.ts";
import { cachedSandboxes, forgetCniResults } from "../network/cni-results.ts";
import { remoteCommand } from "../streaming.ts";
import { cleanUp } from "./clean-up.ts";
import { conflist } from "./conflist.ts";
import { runningContainerd, startContainerd, stopContainerd } from "./containerd.ts";
import { missingPrerequisites, pluginFolder } from "./prerequisites.ts";

const machine = { platform: process.platform, uid: process.getuid?.(), path: process.env.PATH ?? "" };
const busybox = existsSync("/bin/busybox") ? undefined : "missing: /bin/busybox; apt-get install busybox-static";
const lacking = missingPrerequisites(machine) ?? busybox;
if (lacking) console.warn(`tests with containerd are skipped: ${lacking}`);

describe.skipIf(lacking)("containerd", () => {
  const home = mkdtempSync(join(tmpdir(), "inkube-cri-"));
  const folder = join(home, "containerd");
  const socket = join(home, "containerd.sock");
  const cniConfig = join(home, "cni");
  const cgroup = `inkube-test-${process.pid}`;
  const remains = { folder, socket, cgroup };
  const options = {
    folder,
    socket,
    cniPlugins: pluginFolder() ?? "",
    cniConfig,
    registries: home,
    pauseImage: PAUSE_IMAGE,
    clock,
  };
  const client = criClient(socket);
  const load = (archive: Buffer) => {
    const file = join(home, "image.tar");
    writeFileSync(file, archive);
    execFileSync("ctr", ["--address", socket, "--namespace", "k8s.io", "images", "import", file]);
  };
  const sandboxConfig: SandboxConfig = {
    metadata: { name: "web", uid: "uid-1", namespace: "default", attempt: 0 },
    hostname: "web",
    logDirectory: join(home, "logs"),
    portMappings: [],
    labels: {},
    annotations: {},
    linux: {
      cgroupParent: `/${cgroup}/uid-1`,
      sysctls: {},
      securityContext: { namespaceOptions: { pid: 1 }, privileged: false, seccomp: { profileType: 0 } },
    },
  };
  const run = async (sandbox: string, name: string, args: readonly string[]) => {
    const id = await client.createContainer(
      sandbox,
      {
        metadata: { name, attempt: 0 },
        image: { image: "inkube.local/busybox:1" },
        command: [],
        args,
        workingDir: "",
        envs: [],
        mounts: [],
        devices: [],
        labels: {},
        annotations: {},
        logPath: `${name}.log`,
        stdin: false,
        stdinOnce: false,
        tty: false,
        linux: {
          resources: {},
          securityContext: {
            privileged: false,
            namespaceOptions: { pid: 1 },
            readonlyRootfs: false,
            supplementalGroups: [],
            noNewPrivs: false,
            maskedPaths: [],
            readonlyPaths: [],
            seccomp: { profileType: 1 },
          },
        },
      },
      sandboxConfig,
    );
    await client.startContainer(id);
    return id;
  };

  beforeAll(async () => {
    mkdirSync(cniConfig);
    mkdirSync(sandboxConfig.logDirectory);
    const network = conflist({ podCidr: "10.199.0.0/24", stateFolder: join(home, "addresses") });
    writeFileSync(join(cniConfig, "10-inkube.conflist"), JSON.stringify(network));
    await startContainerd(options);
    load(pauseArchive(process.arch));
    load(
      ociArchive({
        name: "inkube.local/busybox:1",
        architecture: "amd64",
        files: [
          { path: "bin/busybox", data: readFileSync("/bin/busybox"), mode: 0o755 },
          { path: "bin/sh", link: "busybox" },
        ],
        config: { Entrypoint: ["/bin/busybox"], Cmd: ["sh"] },
      }),
    );
  });
  afterAll(async () => {
    client.close();
    await stopContainerd(folder, clock);
    cleanUp(remains);
    rmSync(home, { recursive: true, force: true });
  });

  test("runs a Pod's containers under runc, with an address, output, exit code and commands inside", async () => {
    const sandbox = await client.runPodSandbox(sandboxConfig, "");
    expect((await client.podSandboxStatus(sandbox)).network?.ip).toMatch(/^10\.199\.0\.\d+$/);
    const server = await run(sandbox, "server", ["sleep", "600"]);
    const answer = await client.execSync(server, ["busybox", "hostname"], 5);
    expect({ ...answer, stdout: answer.stdout.toString(), stderr: "" }).toEqual({
      stdout: "web\n",
      stderr: "",
      exitCode: 0,
    });
    const late = client.execSync(server, ["busybox", "sleep", "60"], 1);
    await expect(late).rejects.toSatisfy(isTimeOut);
    const stopped = new AbortController();
    const cancelled = client.execSync(server, ["busybox", "sleep", "60"], 0, stopped.signal);
    stopped.abort();
    await expect(cancelled).rejects.toThrow("Canceled");
    const streamed: Buffer[] = [];
    const stdout = new Writable({
      write(chunk: Buffer, _encoding, done) {
        streamed.push(chunk);
        done();
      },
    });
    const cmd = ["sh", "-c", "/bin/busybox cat; exit 7"];
    const url = await client.exec({ containerId: server, cmd, tty: false, stdin: true, stdout: true, stderr: false });
    const stdin = Readable.from([Buffer.alloc(200_000, "a")]);
    expect(await remoteCommand(url, { stdin, stdout, tty: false }, AbortSignal.timeout(10_000))).toBe(7);
    expect(Buffer.concat(streamed)).toHaveLength(200_000);
    const failing = await run(sandbox, "failing", ["sh", "-c", "echo said; exit 3"]);
    await expect
      .poll(async () => (await client.containerStatus(failing)).state, { timeout: 10_000 })
      .toBe(CONTAINER_STATE.exited);
    expect(await client.containerStatus(failing)).toMatchObject({ exitCode: 3, reason: "Error" });
    expect(readFileSync(join(sandboxConfig.logDirectory, "failing.log"), "utf8")).toMatch(/ stdout F said\n$/);
    await expect(client.containerStatus("absent")).rejects.toSatisfy(isNotFound);
  });

  test("CNI's CHECK finds a Pod's network as it was made, and notices when it is not", () => {
    const [sandbox = ""] = cachedSandboxes(join(home, "addresses"));
    const { result } = JSON.parse(readFileSync(`/var/lib/cni/results/inkube-${sandbox}-eth0`, "utf8"));
    const list = JSON.parse(readFileSync(join(cniConfig, "10-inkube.conflist"), "utf8"));
    const network = result.interfaces.find((each: { name: string }) => each.name === "eth0").sandbox;
    const check = () => {
      for (const plugin of list.plugins) {
        const { status, stdout } = spawnSync(join(options.cniPlugins, plugin.type), {
          input: JSON.stringify({ ...plugin, name: list.name, cniVersion: list.cniVersion, prevResult: result }),
          env: {
            ...{ CNI_COMMAND: "CHECK", CNI_CONTAINERID: sandbox, CNI_NETNS: network, CNI_IFNAME: "eth0" },
            ...{ CNI_PATH: options.cniPlugins, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
          },
          encoding: "utf8",
        });
        if (status !== 0) return JSON.parse(stdout).msg as string;
      }
      return "in order";
    };
    expect(check()).toBe("in order");
    execFileSync("nsenter", [`--net=${network}`, "ip", "address", "flush", "dev", "eth0"]);
    expect(check()).toMatch(/^Failed to match addr 10\.199\.0\./);
  });

  test("containers outlive containerd, and nothing outlives the cleaning up after it was killed", async () => {
    process.kill(runningContainerd(folder) ?? 0, "SIGKILL");
    await expect.poll(() => runningContainerd(folder)).toBeUndefined();
    await startContainerd(options);
    await expect
      .poll(async () => (await client.listContainers().catch(() => [])).map(({ state }) => state).sort(), {
        timeout: 10_000,
      })
      .toEqual([CONTAINER_STATE.running, CONTAINER_STATE.exited]);
    process.kill(runningContainerd(folder) ?? 0, "SIGKILL");
    await expect.poll(() => runningContainerd(folder)).toBeUndefined();
    cleanUp(remains);
    forgetCniResults(join(home, "addresses"));
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(home);
    const routes = () => execFileSync("ip", ["route", "show", "root", "10.199.0.0/24"], { encoding: "utf8" });
    await expect.poll(routes).toBe("");
    expect(existsSync(`/sys/fs/cgroup/pids/${cgroup}`) || existsSync(`/sys/fs/cgroup/${cgroup}`)).toBe(false);
    const commands = readdirSync("/proc").map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch {
        return ""; // no process, or one that has ended meanwhile
      }
    });
    expect(commands.filter((command) => command.includes(socket))).toEqual([]);
  });
});
