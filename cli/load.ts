import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { busyboxArchive } from "../node-agent/runtime/cri/images/busybox.ts";
import { importImages } from "../node-agent/runtime/cri/images/import.ts";
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
    const all = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
    const running = all.filter(
      (entry) => entry.isDirectory() && existsSync(join(folder, entry.name, "containerd.sock")),
    );
    const wanted = running.map(({ name }) => name).filter((name) => node === undefined || name === node);
    if (wanted.length === 0) {
      throw new Error(`no node with real containers runs from ${resolve(dataDir)}; start one with --runtime cri`);
    }
    const aside = mkdtempSync(join(tmpdir(), "inkube-load-"));
    try {
      const file = archive === undefined ? join(aside, "busybox.tar") : resolve(archive);
      if (archive === undefined) writeFileSync(file, busyboxArchive());
      for (const name of wanted) {
        for (const image of await importImages(join(folder, name), file)) console.log(`${name}: ${image}`);
      }
    } finally {
      rmSync(aside, { recursive: true, force: true });
    }
  });
