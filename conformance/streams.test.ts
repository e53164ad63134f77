import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { CoreV1Api, Cp, Exec, KubeConfig, Log, PortForward, type V1Status } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ClusterUnderTest, clusterUnderTest } from "./cluster.ts";
import { eventually } from "./eventually.ts";

/** The official client for JavaScript knows WebSockets with numbered channels only, and no SPDY. */
const namespace = `streams-${process.pid}`;
const config = new KubeConfig();
const folder = mkdtempSync(join(tmpdir(), "inkube-streams-"));
let cluster: ClusterUnderTest;

beforeAll(async () => {
  cluster = await clusterUnderTest({ nodes: 1 });
  config.loadFromFile(cluster.kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  await core.createNamespace({ body: { metadata: { name: namespace } } });
  const containers = [
    { name: "web", image: "nginx" },
    { name: "shell", image: "busybox", command: ["sh", "-c", "echo hello; sleep 3600"] },
  ];
  await core.createNamespacedPod({ namespace, body: { metadata: { name: "pod" }, spec: { containers } } });
  await eventually(async () => {
    const { status } = await core.readNamespacedPod({ namespace, name: "pod" });
    expect(status?.containerStatuses?.map(({ ready }) => ready)).toEqual([true, true]);
  });
});
afterAll(async () => {
  await config.makeApiClient(CoreV1Api).deleteNamespace({ name: namespace });
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function exec(command: string[], input?: string) {
  const [stdout, stderr, stdin] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const said = [text(stdout), text(stderr)];
  const status = await new Promise<V1Status>((resolve, reject) => {
    new Exec(config)
      .exec(namespace, "pod", "shell", command, stdout, stderr, input === undefined ? null : stdin, false, resolve)
      .catch(reject);
    if (input !== undefined) stdin.end(input);
  });
  stdout.end();
  stderr.end();
  const [out, err] = await Promise.all(said);
  return { out, err, status };
}

/** What is sent back through a forwarded port, and on its channel for errors. */
async function forward(port: number, request: string) {
  const [output, errors, input] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const said = [text(output), text(errors)];
  const socket = await new PortForward(config).portForward(namespace, "pod", [port], output, errors, input);
  if (typeof socket === "function") throw new Error("it was asked for one connection, not for ever new ones");
  input.write(request);
  await new Promise((resolve) => socket.addEventListener("close", resolve));
  output.end();
  errors.end();
  const [answer, error] = await Promise.all(said);
  return { answer, error };
}

describe("the official client for JavaScript", () => {
  test("runs commands and is told how they end", async () => {
    expect(await exec(["sh", "-c", "echo out; echo err >&2"])).toMatchObject({
      out: "out\n",
      err: "err\n",
      status: { status: "Success" },
    });
    const causes = [{ reason: "ExitCode", message: "3" }];
    expect((await exec(["sh", "-c", "exit 3"])).status).toMatchObject({
      status: "Failure",
      reason: "NonZeroExitCode",
      details: { causes },
    });
  });

  test("feeds a command until it has nothing more to say", async () => {
    expect((await exec(["wc", "-l"], "one\ntwo\n")).out).toBe("2\n");
  });

  test("reads logs", async () => {
    const output = new PassThrough();
    const said = text(output);
    await new Log(config).log(namespace, "pod", "shell", output);
    expect(await said).toBe("hello\n");
  });

  test("copies a file there and back", async () => {
    const copies = new Cp(config);
    writeFileSync(join(folder, "there.txt"), "copied");
    await copies.cpToPod(namespace, "pod", "shell", folder, "/tmp");
    await eventually(async () => expect((await exec(["cat", "/tmp/there.txt"])).out).toBe("copied"));
    const back = join(folder, "back");
    await copies.cpFromPod(namespace, "pod", "shell", "there.txt", back, "/tmp");
    await eventually(() => expect(readFileSync(join(back, "there.txt"), "utf8")).toBe("copied"));
  });

  test("forwards a port", async () => {
    const { answer, error } = await forward(80, "GET / HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n");
    expect(answer).toContain("HTTP/1.1 200 OK\r\n");
    expect(answer).toContain("Welcome to nginx!");
    expect(error).toBe("");
  });

  test("hears that nobody listens at a port", async () => {
    const { answer, error } = await forward(81, "");
    expect(answer).toBe("");
    expect(error).toMatch(/^error forwarding port 81 to pod pod, uid [-0-9a-f]{36}: .*connection refused/);
  });
});
