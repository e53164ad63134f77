import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lackingForRealNodes } from "../../cli/real-nodes.ts";
import { type Running, runBuilt, upBuilt } from "../../cli/run-built.ts";
import { kubectlPath, type Output, runClient } from "../kubectl.ts";

/** Why tests with real containers cannot run here; undefined when they can. */
export function lacking(): string | undefined {
  const busybox = existsSync("/bin/busybox") ? undefined : "missing: /bin/busybox; apt-get install busybox-static";
  return lackingForRealNodes() ?? busybox;
}

export interface RealCluster {
  readonly dataDir: string;
  readonly kubeconfig: string;
  readonly running: Running;
  /** Runs kubectl to its end. */
  kubectl(args: readonly string[], input?: string): Promise<Output>;
  /** The standard output of one that must succeed. @throws Error with what it said */
  output(args: string, input?: string): Promise<string>;
}

const KUBECTL = kubectlPath(36);

/** A folder for one. */
export const newDataDir = (): string => mkdtempSync(join(tmpdir(), "ink-"));

/** Ends a cluster as users do, also one that never came up. @throws Error, and keeps what says what is left */
export async function endCluster(dataDir: string): Promise<void> {
  const { exit, stderr } = await runBuilt(["down", "--data-dir", dataDir]);
  if (exit !== 0) throw new Error(`down failed, something of ${dataDir} is left: ${stderr}`);
  rmSync(dataDir, { recursive: true, force: true });
}

/**
 * `inkube up --runtime cri` with nodes of this machine, all of which have the image `busybox`.
 * @param more flags of `up`
 */
export async function realCluster(
  dataDir: string,
  { nodes, more = [] }: { readonly nodes: number; readonly more?: readonly string[] },
): Promise<RealCluster> {
  const common = ["--runtime", "cri", "--nodes", String(nodes), "--port", "0", "--data-dir", dataDir];
  const running = await upBuilt([...common, ...more]);
  const loaded = await runBuilt(["load", "--busybox", "--data-dir", dataDir]);
  if (loaded.exit !== 0) throw new Error(loaded.stderr);
  const kubectl = (args: readonly string[], input?: string) =>
    runClient(KUBECTL, running.ready.kubeconfig, args, input);
  return {
    dataDir,
    kubeconfig: running.ready.kubeconfig,
    running,
    kubectl,
    async output(args, input) {
      const { exit, stdout, stderr } = await kubectl(args.split(" "), input);
      if (exit !== 0) throw new Error(`kubectl ${args}: ${stderr}`);
      return stdout;
    },
  };
}

/** The process of a node's agent, or of its containerd. */
export function processOf(dataDir: string, node: string, which: "agent" | "containerd"): number {
  const file = which === "agent" ? "agent.pid" : join("containerd", "pid");
  return Number(readFileSync(join(dataDir, "nodes", node, file), "utf8"));
}
