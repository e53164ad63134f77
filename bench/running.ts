/** A cluster or server of this build in a process of its own, and how to talk to it. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type ClientHttp2Session, connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Running {
  readonly url: string;
  readonly pid: number;
  readonly kubeconfig: string;
  /** Milliseconds from the start of the process to its ready line. */
  readonly readyAfter: number;
  stop(): Promise<void>;
}

const root = join(import.meta.dirname, "..");

/** Starts the built command line, as a user does. */
export async function start(args: readonly string[]): Promise<Running> {
  const dataDir = mkdtempSync(join(tmpdir(), "inkube-bench-"));
  const began = performance.now();
  const command = [join(root, "dist", "main.js"), ...args, "--port", "0", "-o", "json", "--data-dir", dataDir];
  const child = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (data: Buffer) => resolve(data.toString("utf8")));
    child.once("exit", (code) => reject(new Error(`ended with ${code} before it was ready`)));
  });
  const ready = JSON.parse(line) as { server: string; kubeconfig: string; pid: number };
  return {
    url: ready.server,
    pid: ready.pid,
    kubeconfig: ready.kubeconfig,
    readyAfter: performance.now() - began,
    async stop() {
      child.removeAllListeners("exit");
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await gone;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** One HTTP/2 session with the administrator's certificate. */
export function session({ url, kubeconfig }: Running): ClientHttp2Session {
  const text = readFileSync(kubeconfig, "utf8");
  const field = (name: string) => Buffer.from(new RegExp(`${name}: (\\S+)`).exec(text)?.[1] ?? "", "base64");
  return connect(url, {
    ca: field("certificate-authority-data"),
    cert: field("client-certificate-data"),
    key: field("client-key-data"),
    settings: { initialWindowSize: 1 << 24 },
  });
}

/** Resident memory in MB, and CPU seconds used so far. */
export function usage(pid: number): { megabytes: number; cpuSeconds: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
  return { megabytes: kilobytes / 1024, cpuSeconds: (Number(stat[11]) + Number(stat[12])) / 100 };
}

export async function request(
  client: ClientHttp2Session,
  method: string,
  path: string,
  body?: unknown,
  type = "application/json",
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { ":method": method, ":path": path, ...(body !== undefined && { "content-type": type }) };
    const stream = client.request(headers, { endStream: body === undefined });
    let status = 0;
    const parts: Buffer[] = [];
    stream.on("response", (answer) => {
      status = Number(answer[":status"]);
    });
    stream.on("data", (chunk: Buffer) => parts.push(chunk));
    stream.on("end", () => resolve({ status, text: Buffer.concat(parts).toString("utf8") }));
    stream.on("error", reject);
    if (body !== undefined) stream.end(JSON.stringify(body));
  });
}
