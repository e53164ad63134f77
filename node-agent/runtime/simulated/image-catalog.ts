import { createHash } from "node:crypto";
import { type Image, ImageError } from "../runtime.ts";
import type { ImageDefinition } from "./image.ts";

/** Tags that no registry has: what people write to see a pull fail. */
const UNKNOWN_TAG = /^(non-?existent|does-?not-?exist|not-?found|404|invalid)$/i;
const REFERENCE =
  /^(?:[\w.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*(?::([\w][\w.-]{0,127}))?(?:@sha256:[a-f0-9]{64})?$/;
const DEFAULT_SIZE = 50_000_000;

/** The images that a node can get, and what containers of them do. */
export class ImageCatalog {
  readonly #byName = new Map<string, ImageDefinition>();

  /** @param definitions the first one of a name counts */
  constructor(definitions: readonly ImageDefinition[]) {
    for (const definition of definitions) {
      for (const name of definition.names) if (!this.#byName.has(name)) this.#byName.set(name, definition);
    }
  }

  /** What containers of an image do; undefined where nobody has said. The most exact name counts. */
  definitionOf(image: string): ImageDefinition | undefined {
    return namesFor(image)
      .map((name) => this.#byName.get(name))
      .find((definition) => definition !== undefined);
  }

  /** Finds an image as a registry would. @throws ImageError when there is none by that name */
  resolve(image: string): Image {
    const match = REFERENCE.exec(image);
    if (!match) {
      throw new ImageError(
        "InvalidImageName",
        `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`,
      );
    }
    const full = fullName(image);
    const { sizeBytes = DEFAULT_SIZE, user, pull } = this.definitionOf(image) ?? {};
    if (pull?.error !== undefined) throw new ImageError("ErrImagePull", pull.error);
    if (UNKNOWN_TAG.test(match[1] ?? "")) {
      throw new ImageError(
        "ErrImagePull",
        `rpc error: code = NotFound desc = failed to pull and unpack image "${full}": failed to resolve reference "${full}": ${full}: not found`,
      );
    }
    const digest = createHash("sha256").update(full).digest("hex");
    const repository = full.replace(/:[^/:]*$/, "");
    const owner = user === undefined ? {} : /^\d+$/.test(user) ? { uid: Number(user) } : { username: user };
    const names = [full, `${repository}@sha256:${digest}`];
    return { id: `${repository}@sha256:${digest}`, names, sizeBytes, ...owner };
  }
}

/** From the most exact to the last path element alone: `shop.example/team/web:1`, `shop.example/team/web`, `web:1`, `web`. */
function namesFor(image: string): string[] {
  const tagged = image.split("@")[0] ?? "";
  const plain = tagged.replace(/:[^/:]*$/, "");
  const last = (name: string) => name.slice(name.lastIndexOf("/") + 1);
  return [tagged, plain, last(tagged), last(plain)];
}

/** Short names are Docker Hub's. */
function fullName(image: string): string {
  const [first = ""] = image.split("/");
  const hosted = image.includes("/") && (first.includes(".") || first.includes(":") || first === "localhost");
  const tagged = /[:@][^/]*$/.test(image) ? image : `${image}:latest`;
  return hosted ? tagged : `docker.io/${image.includes("/") ? "" : "library/"}${tagged}`;
}
