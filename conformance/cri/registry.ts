import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const USER = "reader";
export const PASSWORD = "let me in";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

/** A registry of images that has one image, this machine's busybox, under every name. */
export interface Registry {
  /** HOST:PORT, as images name it. */
  readonly host: string;
  /** How often a manifest was given out. */
  readonly pulls: number;
  /** While true it answers that it has too much to do. */
  isBusy: boolean;
  stop(): void;
}

const digestOf = (bytes: Buffer) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** Files of an image: the shell, and all else that busybox is called for. */
function layer(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "ink-layer-"));
  try {
    mkdirSync(join(folder, "bin"));
    copyFileSync("/bin/busybox", join(folder, "bin", "busybox"));
    for (const name of ["sh", "sleep"]) symlinkSync("busybox", join(folder, "bin", name));
    return execFileSync("tar", ["-C", folder, "-cf", "-", "bin"], { maxBuffer: 1 << 26 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Speaks as much of the distribution specification as pulling takes, over plain HTTP. What is below `private/` takes a
 * user and a password.
 * @param address at which nodes reach this machine
 */
export async function startRegistry(address: string): Promise<Registry> {
  const files = layer();
  const config = Buffer.from(
    JSON.stringify({
      ...{ architecture: "amd64", os: "linux", config: { Env: ["PATH=/bin"] } },
      rootfs: { type: "layers", diff_ids: [digestOf(files)] },
    }),
  );
  const part = (mediaType: string, bytes: Buffer) => ({ mediaType, digest: digestOf(bytes), size: bytes.length });
  const manifest = Buffer.from(
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType: MANIFEST },
      config: part("application/vnd.oci.image.config.v1+json", config),
      layers: [part("application/vnd.oci.image.layer.v1.tar", files)],
    }),
  );
  const blobs = new Map([config, files, manifest].map((bytes) => [digestOf(bytes), bytes]));
  const state = { pulls: 0, isBusy: false };
  const known = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;
  const answer = ({ url = "", headers, method }: IncomingMessage): { code: number; type?: string; body?: Buffer } => {
    const [, name = "", kind, reference = ""] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/?]+)/.exec(url) ?? [];
    if (state.isBusy) return { code: 503 };
    if (name.startsWith("private/") && headers.authorization !== known) return { code: 401 };
    const body = kind === "manifests" && !reference.startsWith("sha256:") ? manifest : blobs.get(reference);
    if (!body) return { code: url === "/v2/" ? 200 : 404 };
    if (kind === "manifests" && method === "HEAD") state.pulls++;
    return { code: 200, type: kind === "manifests" ? MANIFEST : "application/octet-stream", body };
  };
  const server = createServer((request, response) => {
    const { code, type, body = Buffer.alloc(0) } = answer(request);
    response.writeHead(code, {
      "Content-Length": body.length,
      ...(type && { "Content-Type": type, "Docker-Content-Digest": digestOf(body) }),
      ...(code === 401 && { "WWW-Authenticate": 'Basic realm="registry"' }),
    });
    response.end(request.method === "HEAD" ? undefined : body);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return {
    host: `${address}:${(server.address() as AddressInfo).port}`,
    get pulls() {
      return state.pulls;
    },
    get isBusy() {
      return state.isBusy;
    },
    set isBusy(busy) {
      state.isBusy = busy;
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
