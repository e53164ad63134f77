import type { KeyPair } from "../../../pki/certificate.ts";
import { selfSignedCertificate } from "../../../pki/self-signed.ts";
import { type DirectoryNode, directory, file, lazyFile, type Node } from "./files/node.ts";
import type { FileDefinition, ImageDefinition } from "./image.ts";

/** What every image with a shell has. Modes are those of folders. */
const FOLDERS: Readonly<Record<string, number>> = {
  "/bin": 0o755,
  "/dev": 0o755,
  "/etc": 0o755,
  "/home": 0o755,
  "/proc": 0o555,
  "/proc/1": 0o555,
  "/root": 0o700,
  "/sys": 0o555,
  "/tmp": 0o1777,
  "/usr": 0o755,
  "/usr/bin": 0o755,
  "/var": 0o755,
};
const USERS = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n";
const GROUPS = "root:x:0:\nnobody:x:65534:\n";

/** Puts a node at an absolute path, with the folders that lead there. */
export function place(root: DirectoryNode, path: string, node: Node): void {
  const parts = path.split("/").filter(Boolean);
  const name = parts.pop();
  if (name === undefined) return;
  let at = root;
  for (const part of parts) {
    let next = at.entries.get(part);
    if (next?.type !== "directory") {
      next = directory(root.modified);
      at.entries.set(part, next);
    }
    at = next;
  }
  at.entries.set(name, node);
}

function nodeOf(definition: FileDefinition, modified: Date): Node {
  if (typeof definition === "string") return file(definition, modified);
  const { content = "", base64, mode, link, uid = 0, directory: isFolder, generated } = definition;
  if (link !== undefined) return { type: "link", target: link, mode: 0o777, uid, gid: 0, modified };
  const bits = (otherwise: number) => (mode === undefined ? otherwise : Number.parseInt(mode, 8));
  if (isFolder) return { ...directory(modified, bits(0o755)), uid };
  if (generated) return lazyFile(() => localhostPair(modified)[generated], modified, bits(0o644));
  const bytes = base64 === undefined ? content : Buffer.from(base64, "base64");
  return { ...file(bytes, modified, bits(0o644)), uid };
}

let pair: KeyPair | undefined;

/** One for the whole process: what matters is that servers and clients have the same. */
function localhostPair(now: Date): KeyPair {
  pair ??= selfSignedCertificate("localhost", ["127.0.0.1", "::1"], now);
  return pair;
}

/** A fresh copy of an image's files. @param commands names of what is in /bin */
export function imageFiles(
  image: ImageDefinition | undefined,
  commands: readonly string[],
  modified: Date,
): DirectoryNode {
  const root = directory(modified);
  for (const [path, mode] of Object.entries(FOLDERS)) place(root, path, directory(modified, mode));
  place(root, "/etc/passwd", file(USERS, modified));
  place(root, "/etc/group", file(GROUPS, modified));
  if (image?.shell !== false) for (const name of commands) place(root, `/bin/${name}`, file("", modified, 0o755));
  for (const [path, definition] of Object.entries(image?.files ?? {})) place(root, path, nodeOf(definition, modified));
  for (const name of Object.keys(image?.programs ?? {})) {
    place(root, name.startsWith("/") ? name : `/usr/bin/${name}`, file("", modified, 0o755));
  }
  return root;
}
