import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { eventually } from "../eventually.ts";
import { kubectlPath } from "../kubectl.ts";
import type { RealCluster } from "./real-cluster.ts";

/** What makes kubectl speak one or the other. */
const PROTOCOLS = [
  ["WebSocket", { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "true", KUBECTL_PORT_FORWARD_WEBSOCKETS: "true" }],
  ["SPDY", { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: "false", KUBECTL_PORT_FORWARD_WEBSOCKETS: "false" }],
] as const;
/** More than a log may have before it is put aside, in bytes. */
const LONG_LOG = 12_000_000;

/** Logs, commands, files and ports. @param app label of Pods with a web server at 8080 whose page is their name */
export function streamTests(cluster: () => RealCluster, app: string): void {
  const children: ChildProcess[] = [];
  const output = (args: string, input?: string) => cluster().output(args, input);
  const podName = async () =>
    JSON.parse(await output(`get pods -l ${`app=${app}`} -o json`)).items[0].metadata.name as string;
  const follow = (args: readonly string[], env: object = {}) => {
    const { kubeconfig } = cluster();
    const child = spawn(kubectlPath(36), ["--kubeconfig", kubeconfig, ...args], { env: { ...process.env, ...env } });
    children.push(child);
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        text += chunk;
      });
    }
    const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
    return { child, exit, text: () => text };
  };
  const apply = (name: string, container: object) =>
    output(
      "apply -f -",
      JSON.stringify({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [{ name: "c", image: "busybox", imagePullPolicy: "Never", ...container }],
        },
      }),
    );
  const isRunning = (name: string) => output(`wait pod/${name} --for=jsonpath={.status.phase}=Running --timeout=20s`);

  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  test("logs are followed", async () => {
    const name = await podName();
    const log = follow(["logs", "-f", name]);
    await output(`exec ${name} -- wget -qO- http://127.0.0.1:8080/marked`).catch(() => {}); // 404
    await eventually(() => expect(log.text()).toContain("response:404"));
  });

  describe.each(PROTOCOLS)("over %s", (_protocol, env) => {
    test("commands run with input and exit codes", async () => {
      const name = await podName();
      const command = ["exec", "-i", name, "--", "sh", "-c", "cat; echo wrong >&2; exit 7"];
      const { child, exit, text } = follow(command, env);
      child.stdin.end("fed");
      expect(await exit).toBe(7);
      expect(text()).toContain("fed");
      expect(text()).toContain("wrong");
    });

    test("files are copied both ways", async () => {
      const name = await podName();
      const file = join(cluster().dataDir, "copied");
      // More than one frame of a stream.
      const content = "there and back ".repeat(100_000);
      writeFileSync(file, content);
      expect(await follow(["cp", file, `${name}:/tmp/copied`], env).exit).toBe(0);
      expect(await follow(["cp", `${name}:/tmp/copied`, `${file}-back`], env).exit).toBe(0);
      expect(readFileSync(`${file}-back`, "utf8")).toBe(content);
    });

    test("a port is forwarded", async () => {
      const name = await podName();
      const forward = follow(["port-forward", name, ":8080"], env);
      const port = await eventually(() => {
        const [, found] = /127\.0\.0\.1:(\d+) -> 8080/.exec(forward.text()) ?? [];
        if (!found) throw new Error(`no port yet: ${forward.text()}`);
        return found;
      });
      for (let time = 0; time < 3; time++) {
        expect((await (await fetch(`http://127.0.0.1:${port}/`)).text()).trim()).toBe(name);
      }
    });

    test("a running command is joined", async () => {
      await apply("loop", { stdin: true, command: ["cat"] });
      await isRunning("loop");
      const joined = follow(["attach", "-i", "loop"], env);
      joined.child.stdin.write("echoed\n");
      await eventually(() => expect(joined.text()).toContain("echoed"));
      joined.child.kill();
      await output("delete pod loop");
    });
  });

  test("a log that grows too large is put aside, and goes on", async () => {
    await apply("talker", {
      command: ["sh", "-c", `yes 0123456789012345678901234567890123456789 | head -c ${LONG_LOG}; exec sleep 600`],
    });
    await isRunning("talker");
    const { metadata, spec } = JSON.parse(await output("get pod talker -o json"));
    const folder = join(cluster().dataDir, "nodes", spec.nodeName, "logs", `default_talker_${metadata.uid}`, "c");
    await eventually(() => {
      expect(readdirSync(folder)).toEqual(["0.log", expect.stringMatching(/^0\.log\.\d{8}-\d{6}$/)]);
    }, 60_000);
    await cluster().kubectl(["exec", "talker", "--", "sh", "-c", "echo again > /proc/1/fd/1"]);
    await eventually(async () => expect(await output("logs talker --tail=1")).toBe("again\n"));
    await output("delete pod talker");
  });
}
