import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { type ImageFile, ociArchive } from "./oci-archive.ts";

export const BUSYBOX_IMAGE = "docker.io/library/busybox:latest";
const PROGRAM = "/bin/busybox";
/** Where programs expect to find a folder or file. */
const FILES: readonly ImageFile[] = [
  { path: "tmp/.keep", data: Buffer.alloc(0) },
  {
    path: "etc/passwd",
    data: Buffer.from("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"),
  },
  { path: "etc/group", data: Buffer.from("root:x:0:\nnobody:x:65534:\n") },
];

/** An image like the one of that name, out of this machine's own busybox. @throws Error when there is none, or not static */
export function busyboxArchive(): Buffer {
  if (!existsSync(PROGRAM)) throw new Error(`there is no ${PROGRAM}; on Debian: apt-get install busybox-static`);
  const data = readFileSync(PROGRAM);
  if (data.includes("/ld-linux")) {
    throw new Error(
      `${PROGRAM} needs libraries that an image of it alone lacks; on Debian: apt-get install busybox-static`,
    );
  }
  const commands = execFileSync(PROGRAM, ["--list"], { encoding: "utf8" }).trim().split("\n");
  return ociArchive({
    name: BUSYBOX_IMAGE,
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    files: [
      { path: "bin/busybox", data, mode: 0o755 },
      ...commands.filter((name) => name !== "busybox").map((name) => ({ path: `bin/${name}`, link: "busybox" })),
      ...FILES,
    ],
    config: { Cmd: ["sh"], Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"] },
  });
}
