import { createHash } from "node:crypto";

/** A file or symbolic link of an image. */
export interface ImageFile {
  /** Without a slash at its start. */
  readonly path: string;
  readonly data?: Buffer;
  /** Target of a symbolic link. */
  readonly link?: string;
  readonly mode?: number;
}

export interface ImageWish {
  /** With registry and tag: `docker.io/library/busybox:latest`. */
  readonly name: string;
  /** `amd64`, `arm64` … as Go calls them. */
  readonly architecture: string;
  readonly files: readonly ImageFile[];
  readonly config: {
    readonly Entrypoint?: readonly string[];
    readonly Cmd?: readonly string[];
    readonly Env?: readonly string[];
    readonly User?: string;
  };
}

const BLOCK = 512;
const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

/** One image of one layer as a tar archive by the OCI image specification, which every container runtime imports. */
export function ociArchive({ name, architecture, files, config }: ImageWish): Buffer {
  const layer = tar(files);
  const blobs = [layer];
  const blob = (value: object) => {
    const bytes = Buffer.from(JSON.stringify(value));
    blobs.push(bytes);
    return { digest: `sha256:${digest(bytes)}`, size: bytes.length };
  };
  const image = blob({
    architecture,
    os: "linux",
    config,
    rootfs: { type: "layers", diff_ids: [`sha256:${digest(layer)}`] },
  });
  const type = "application/vnd.oci.image";
  const manifest = blob({
    schemaVersion: 2,
    mediaType: `${type}.manifest.v1+json`,
    config: { mediaType: `${type}.config.v1+json`, ...image },
    layers: [{ mediaType: `${type}.layer.v1.tar`, digest: `sha256:${digest(layer)}`, size: layer.length }],
  });
  const index = {
    schemaVersion: 2,
    manifests: [
      {
        mediaType: `${type}.manifest.v1+json`,
        ...manifest,
        annotations: { "io.containerd.image.name": name, "org.opencontainers.image.ref.name": name.replace(/.*:/, "") },
      },
    ],
  };
  return tar([
    { path: "oci-layout", data: Buffer.from('{"imageLayoutVersion":"1.0.0"}') },
    { path: "index.json", data: Buffer.from(JSON.stringify(index)) },
    ...blobs.map((data) => ({ path: `blobs/sha256/${digest(data)}`, data })),
  ]);
}

/** An archive of the POSIX ustar format; folders are made by whoever unpacks. */
function tar(files: readonly ImageFile[]): Buffer {
  const parts = files.flatMap(({ path, data = Buffer.alloc(0), link = "", mode = 0o644 }) => {
    const padding = Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK);
    return [header(path, mode, data.length, link), data, padding];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function header(path: string, mode: number, size: number, link: string): Buffer {
  if (Buffer.byteLength(path) > 100 || Buffer.byteLength(link) > 100) throw new Error(`${path}: longer than 100 bytes`);
  const bytes = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, width: number) =>
    bytes.write(`${value.toString(8).padStart(width - 1, "0")}\0`, at);
  bytes.write(path, 0);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  bytes.write("        ", 148); // the sum counts itself as blanks
  bytes.write(link ? "2" : "0", 156);
  bytes.write(link, 157);
  bytes.write("ustar\u000000", 257);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return bytes;
}
