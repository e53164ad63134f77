import { createHash } from "node:crypto";
import { type Image, ImageError } from "../runtime.ts";
import type { ImageBehaviour } from "./behaviour.ts";
import { httpdPage, nginxPage } from "./pages.ts";

/** Images whose behaviour is known. All others run as servers do: until they are stopped. */
export const behaviours: readonly ImageBehaviour[] = [
  { names: ["pause"], sizeBytes: 320_000, entrypoint: ["/pause"], command: [], servers: {} },
  { names: ["busybox"], sizeBytes: 2_160_000, entrypoint: [], command: ["sh"], servers: {} },
  { names: ["alpine"], sizeBytes: 3_650_000, entrypoint: [], command: ["/bin/sh"], servers: {} },
  {
    names: ["nginx"],
    sizeBytes: 72_000_000,
    entrypoint: ["/docker-entrypoint.sh"],
    command: ["nginx", "-g", "daemon off;"],
    servers: { 80: nginxPage },
  },
  {
    names: ["httpd"],
    sizeBytes: 58_000_000,
    entrypoint: [],
    command: ["httpd-foreground"],
    servers: { 80: httpdPage },
  },
];

/** Tags that no registry has: what people write to see a pull fail. */
const UNKNOWN_TAG = /^(non-?existent|does-?not-?exist|not-?found|404|invalid)$/i;
const REFERENCE =
  /^(?:[\w.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*(?::([\w][\w.-]{0,127}))?(?:@sha256:[a-f0-9]{64})?$/;
const DEFAULT_SIZE = 50_000_000;

const baseName = (image: string) => (image.split("@")[0] ?? "").split("/").pop()?.split(":")[0] ?? "";

export const behaviourOf = (image: string): ImageBehaviour | undefined =>
  behaviours.find(({ names }) => names.includes(baseName(image)));

/** Short names are Docker Hub's. */
function fullName(image: string): string {
  const [first = ""] = image.split("/");
  const hosted = image.includes("/") && (first.includes(".") || first.includes(":") || first === "localhost");
  const tagged = /[:@][^/]*$/.test(image) ? image : `${image}:latest`;
  return hosted ? tagged : `docker.io/${image.includes("/") ? "" : "library/"}${tagged}`;
}

/** Finds an image as a registry would. @throws ImageError when there is none by that name. */
export function resolveImage(image: string): Image {
  const match = REFERENCE.exec(image);
  if (!match) {
    throw new ImageError(
      "InvalidImageName",
      `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`,
    );
  }
  const full = fullName(image);
  if (UNKNOWN_TAG.test(match[1] ?? "")) {
    throw new ImageError(
      "ErrImagePull",
      `rpc error: code = NotFound desc = failed to pull and unpack image "${full}": failed to resolve reference "${full}": ${full}: not found`,
    );
  }
  const digest = createHash("sha256").update(full).digest("hex");
  const repository = full.replace(/:[^/:]*$/, "");
  const size = behaviourOf(image)?.sizeBytes ?? DEFAULT_SIZE;
  return { id: `${repository}@sha256:${digest}`, names: [full, `${repository}@sha256:${digest}`], sizeBytes: size };
}
