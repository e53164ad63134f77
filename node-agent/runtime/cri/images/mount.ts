import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Image } from "../../runtime.ts";
import { nodePaths } from "../pod/paths.ts";

const run = promisify(execFile);

const ctr = (folder: string, ...args: readonly string[]) =>
  run("ctr", ["--address", nodePaths(folder).socket, "--namespace", "k8s.io", "images", ...args]);

/** Shows an image's files at a folder, read-only. CRI has it since 1.31, containerd since 2.1; this works before too. */
export async function mountImage(folder: string, { names, id }: Image, target: string): Promise<void> {
  // The agent that mounted it may have been killed over it: containerd knows the target already then.
  await unmountImage(folder, target).catch(() => {});
  await ctr(folder, "mount", names[0] ?? id, target);
}

/** Takes the files away and forgets of them. @throws Error when nothing is mounted there */
export async function unmountImage(folder: string, target: string): Promise<void> {
  await ctr(folder, "unmount", "--rm", target);
}
