import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { nodePaths } from "../pod/paths.ts";

const run = promisify(execFile);

/** Imports an OCI or Docker archive into a running node. @returns names of its images @throws Error */
export async function importImages(folder: string, archive: string): Promise<string[]> {
  const { stdout } = await run("ctr", [
    ...["--address", nodePaths(folder).socket, "--namespace", "k8s.io"],
    ...["images", "import", archive],
  ]);
  return [...stdout.matchAll(/^unpacking (\S+)/gm)].map(([, name = ""]) => name);
}
