import { readFileSync } from "node:fs";
import { type Running, start, usage } from "../running.ts";
import { Http2Client } from "./http2-client.ts";

/** The API server under test: one of this build, or any other by its kubeconfig. */
export interface Target {
  connect(): Promise<Http2Client>;
  /** CPU seconds used so far and resident megabytes, of all its processes. Zeros where they are not known. */
  usage(): { readonly megabytes: number; readonly cpuSeconds: number };
  stop(): Promise<void>;
}

export interface Other {
  readonly kubeconfig: string;
  /** Processes whose CPU time and memory count. */
  readonly pids: readonly number[];
}

export async function startTarget(other: Other | undefined): Promise<Target> {
  const running: Running | undefined = other ? undefined : await start(["server"]);
  const { kubeconfig, pids } = other ?? { kubeconfig: running?.kubeconfig ?? "", pids: [running?.pid ?? 0] };
  const text = readFileSync(kubeconfig, "utf8");
  const field = (name: string) => Buffer.from(new RegExp(`${name}: (\\S+)`).exec(text)?.[1] ?? "", "base64");
  const url = /server: (\S+)/.exec(text)?.[1] ?? "";
  const tls = {
    ca: field("certificate-authority-data"),
    cert: field("client-certificate-data"),
    key: field("client-key-data"),
  };
  return {
    connect: () => Http2Client.connect(url, tls),
    usage: () =>
      pids.map(usage).reduce(
        (sum, one) => ({
          megabytes: sum.megabytes + one.megabytes,
          cpuSeconds: sum.cpuSeconds + one.cpuSeconds,
        }),
        { megabytes: 0, cpuSeconds: 0 },
      ),
    stop: async () => running?.stop(),
  };
}
