/**
 * Small programs written with other languages' clients, each an informer, CRUD and server-side apply:
 * `npm run clients [-- NAME …]`. They fetch what they need from their registries, so they are no part of `npm test`;
 * where a toolchain is missing, its program is skipped. INKUBE_CONFORMANCE_KUBECONFIG names another cluster to try.
 */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { clusterUnderTest } from "../cluster.ts";
import { kubectlPath, runClient } from "../kubectl.ts";

interface Client {
  /** Prints its version where the toolchain is there. */
  readonly toolchain: readonly string[];
  /** Commands, run one after the other in a copy of the program's folder. */
  readonly steps: readonly (readonly string[])[];
}

const clients: Record<string, Client> = {
  go: { toolchain: ["go", "version"], steps: [["go", "run", "."]] },
  java: {
    toolchain: ["mvn", "-version"],
    steps: [
      ["mvn", "-q", "-B", "compile"],
      ["mvn", "-q", "-B", "exec:java"],
    ],
  },
  python: {
    toolchain: ["python3", "--version"],
    steps: [
      ["python3", "-m", "venv", ".venv"],
      [".venv/bin/pip", "install", "-q", "-r", "requirements.txt"],
      [".venv/bin/python", "main.py"],
    ],
  },
  rust: { toolchain: ["cargo", "--version"], steps: [["cargo", "run", "-q"]] },
};

/** @returns whether the command ended with 0; its output goes to ours. */
function run([command = "", ...args]: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: "inherit" });
    child.on("error", () => resolve(false));
    child.on("exit", (code) => resolve(code === 0));
  });
}

async function passes(name: string, client: Client, kubeconfig: string, namespace: string): Promise<boolean> {
  // What the toolchains build stays out of the source tree, and is kept for the next run.
  const folder = join(import.meta.dirname, "..", "..", "node_modules", ".cache", "inkube", "clients", name);
  mkdirSync(folder, { recursive: true });
  cpSync(join(import.meta.dirname, name), folder, { recursive: true });
  const env = { ...process.env, KUBECONFIG: kubeconfig, NAMESPACE: namespace };
  for (const step of client.steps) {
    if (!(await run(step, folder, env))) return false;
  }
  return true;
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in clients));
if (unknown.length > 0)
  throw new Error(`no such client: ${unknown.join(", ")}; there are ${Object.keys(clients).join(", ")}`);

const cluster = await clusterUnderTest({ nodes: 0 });
const kubectl = (args: string) => runClient(kubectlPath(36), cluster.kubeconfig, args.split(" "));
let failed = 0;
for (const [name, client] of Object.entries(clients)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const [command = "", ...args] = client.toolchain;
  if (spawnSync(command, args).status !== 0) {
    console.log(`${name}: skipped, because \`${client.toolchain.join(" ")}\` does not run here`);
    continue;
  }
  const namespace = `client-${name}-${process.pid}`;
  await kubectl(`create namespace ${namespace}`);
  if (!(await passes(name, client, cluster.kubeconfig, namespace))) {
    failed += 1;
    console.log(`${name}: failed`);
  }
  await kubectl(`delete namespace ${namespace} --wait=false`);
}
await cluster.stop();
process.exitCode = failed > 0 ? 1 : 0;
