import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { importImages } from "../node-agent/runtime/cri/images/import.ts";
import { nodesFolder } from "./data-dir.ts";
import { flags } from "./flags.ts";

export const load = new Command("load")
  .description("give the images of an OCI or Docker archive to nodes that run real containers")
  .argument("<archive>", "tar file, as `docker save` and `skopeo copy … oci-archive:` write it")
  .option("--node <name>", "only this node (default: all nodes of the data folder)")
  .addOption(flags.dataDir())
  .action(async (archive: string, { node, dataDir }: { node?: string; dataDir: string }) => {
    const folder = nodesFolder(dataDir);
    const all = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
    const running = all.filter(
      (entry) => entry.isDirectory() && existsSync(join(folder, entry.name, "containerd.sock")),
    );
    const wanted = running.map(({ name }) => name).filter((name) => node === undefined || name === node);
    if (wanted.length === 0) {
      throw new Error(`no node with real containers runs from ${resolve(dataDir)}; start one with --runtime cri`);
    }
    if (!existsSync(archive)) throw new Error(`${archive}: no such file`);
    for (const name of wanted) {
      const names = await importImages(join(folder, name), resolve(archive));
      for (const image of names) console.log(`${name}: ${image}`);
    }
  });
