import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Command } from "commander";
import { loadImages, runningNodes } from "../node-agent/start/real-nodes.ts";
import { nodesFolder } from "./data-dir.ts";
import { flags } from "./flags.ts";

interface LoadOptions {
  node?: string;
  busybox: boolean;
  dataDir: string;
}

export const load = new Command("load")
  .description("give the images of an OCI or Docker archive to nodes that run real containers")
  .argument("[archive]", "tar file, as `docker save` and `skopeo copy … oci-archive:` write it")
  .option("--busybox", "instead of an archive: an image `busybox` made of this machine's static busybox", false)
  .option("--node <name>", "only this node (default: all nodes of the data folder)")
  .addOption(flags.dataDir())
  .action(async (archive: string | undefined, { node, busybox, dataDir }: LoadOptions, command: Command) => {
    if ((archive === undefined) !== busybox) command.error("error: give either an archive or --busybox");
    if (archive !== undefined && !existsSync(archive)) throw new Error(`${archive}: no such file`);
    const folder = nodesFolder(dataDir);
    const wanted = (await runningNodes(folder)).filter((name) => node === undefined || name === node);
    if (wanted.length === 0) {
      throw new Error(`no node with real containers runs from ${resolve(dataDir)}; start one with --runtime cri`);
    }
    const loaded = await loadImages(folder, wanted, archive && resolve(archive));
    for (const [name, images] of loaded) for (const image of images) console.log(`${name}: ${image}`);
  });
