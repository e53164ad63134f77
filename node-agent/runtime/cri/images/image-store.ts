import type { Clock, Logger } from "../../../../client/index.ts";
import type { Pod, Secret } from "../../../../openapi/api/core.v1.ts";
import { type Image, ImageError } from "../../runtime.ts";
import type { CriClient } from "../api/client.ts";
import type { ImageItem, SandboxConfig } from "../api/types.ts";
import { PAUSE_IMAGE } from "./pause.ts";
import { credentialsFor } from "./pull-secrets.ts";

export interface ImageStoreOptions {
  readonly client: CriClient;
  readonly clock: Clock;
  readonly logger: Logger;
  secret(namespace: string, name: string): Promise<Secret | undefined>;
}

const imageOf = (item: ImageItem): Image => ({
  id: item.repoDigests[0] ?? item.id,
  // Names by tag come first: that is what a container's status shows.
  names: [...item.repoTags, ...item.repoDigests],
  sizeBytes: item.size,
  ...(item.uid && { uid: item.uid.value }),
  ...(item.username && { username: item.username }),
});

/** The images of a node. */
export class ImageStore {
  readonly #options: ImageStoreOptions;
  #images: readonly Image[] = [];

  constructor(options: ImageStoreOptions) {
    this.#options = options;
  }

  /** As of the last look, largest first, as nodes report them. */
  get images(): readonly Image[] {
    return this.#images;
  }

  async refresh(): Promise<readonly ImageItem[]> {
    const items = await this.#options.client.listImages();
    this.#images = items
      .filter(({ repoTags }) => !repoTags.includes(PAUSE_IMAGE))
      .map(imageOf)
      .sort((a, b) => b.sizeBytes - a.sizeBytes);
    return items;
  }

  async find(name: string): Promise<Image | undefined> {
    const item = await this.#options.client.imageStatus(name).catch((error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      if (!text.includes("invalid reference format")) throw error;
      const what = `couldn't parse image name ${JSON.stringify(name)}: invalid reference format`;
      throw new ImageError("InvalidImageName", `Failed to apply default image tag ${JSON.stringify(name)}: ${what}`);
    });
    return item && imageOf(item);
  }

  /** @throws ImageError */
  async pull(name: string, pod: Pod, config: SandboxConfig): Promise<Image> {
    const { client, secret } = this.#options;
    const namespace = pod.metadata.namespace ?? "";
    const secrets = await Promise.all(
      (pod.spec.imagePullSecrets ?? []).map((reference) => secret(namespace, reference.name ?? "")),
    );
    const known = credentialsFor(
      name,
      secrets.filter((each) => each !== undefined),
    );
    let failure: unknown;
    // Several credentials may name one registry: each is tried, and none at all only when there is none.
    for (const auth of known.length > 0 ? known : [undefined]) {
      try {
        const found = await client.imageStatus(await client.pullImage(name, auth, config));
        if (!found) throw new Error(`image ${JSON.stringify(name)} is not there though it was pulled`);
        await this.refresh();
        return imageOf(found);
      } catch (error) {
        failure = error;
      }
    }
    const message = failure instanceof Error ? failure.message : String(failure);
    throw new ImageError(/invalid reference format/.test(message) ? "InvalidImageName" : "ErrImagePull", message);
  }
}
