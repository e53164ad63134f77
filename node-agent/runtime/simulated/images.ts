import { createHash } from "node:crypto";
import { type Image, ImageError } from "../runtime.ts";
import type { ImageDefinition } from "./image.ts";
import { knownImages } from "./known-images.ts";

/** Tags that no registry has: what people write to see a pull fail. */
const UNKNOWN_TAG = /^(non-?existent|does-?not-?exist|not-?found|404|invalid)$/i;
const REFERENCE =
  /^(?:[\w.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*(?::([\w][\w.-]{0,127}))?(?:@sha256:[a-f0-9]{64})?$/;
const DEFAULT_SIZE = 50_000_000;

const baseName = (image: string) => (image.split("@")[0] ?? "").split("/").pop()?.split(":")[0] ?? "";

/** What containers of an image do; undefined where nobody has said. */
export const definitionOf = (image: string): ImageDefinition | undefined =>
  knownImages.find(({ names }) => names.includes(baseName(image)));

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
  const { sizeBytes = DEFAULT_SIZE, user } = definitionOf(image) ?? {};
  const owner = user === undefined ? {} : /^\d+$/.test(user) ? { uid: Number(user) } : { username: user };
  const names = [full, `${repository}@sha256:${digest}`];
  return { id: `${repository}@sha256:${digest}`, names, sizeBytes, ...owner };
}
