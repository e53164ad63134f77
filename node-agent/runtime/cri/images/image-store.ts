import type { Clock, Logger } from "../../../../client/index.ts";
import type { Pod, Secret } from "../../../../openapi/api/core.v1.ts";
import { type Image, ImageError } from "../../runtime.ts";
import type { CriClient } from "../api/client.ts";
import type { ImageItem, SandboxConfig } from "../api/types.ts";
import { PAUSE_IMAGE } from "./pause.ts";
import { PullRecords } from "./pull-records.ts";
import { type Credentials, credentialsFor } from "./pull-secrets.ts";

export interface ImageStoreOptions {
  readonly client: CriClient;
  readonly clock: Clock;
  readonly logger: Logger;
  secret(namespace: string, name: string): Promise<Secret | undefined>;
  /** File in which it is kept how images were pulled. */
  readonly pullRecords: string;
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
  #records: PullRecords | undefined;

  constructor(options: ImageStoreOptions) {
    this.#options = options;
  }

  /** As of the last look, largest first, as nodes report them. */
  get images(): readonly Image[] {
    return this.#images;
  }

  async refresh(): Promise<readonly ImageItem[]> {
    const items = await this.#options.client.listImages();
    this.#records ??= new PullRecords(
      this.#options.pullRecords,
      items.map(({ id, repoTags, repoDigests }) => ({ id, names: [...repoTags, ...repoDigests] })),
    );
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

  /** Whether a Pod may use an image that is there without asking its registry. @throws Error */
  async mayUse(name: string, pod: Pod): Promise<boolean> {
    const item = await this.#options.client.imageStatus(name);
    const sources = async () => (await this.#credentials(name, pod)).map(({ source }) => source);
    return item === undefined || !(await this.#records?.mustPull(name, item.id, sources));
  }

  /** Forgets how images were pulled that are not there any more. */
  forgetPulls(present: ReadonlySet<string>): void {
    this.#records?.prune(present);
  }

  /** @throws ImageError */
  async pull(name: string, pod: Pod, config: SandboxConfig): Promise<Image> {
    const { client } = this.#options;
    const known = await this.#credentials(name, pod);
    this.#records?.begin(name);
    let failure: unknown;
    // Several credentials may name one registry: each is tried, and none at all only when there is none.
    for (const each of known.length > 0 ? known : [undefined]) {
      try {
        const found = await client.imageStatus(await client.pullImage(name, each?.auth, config));
        if (!found) throw new Error(`image ${JSON.stringify(name)} is not there though it was pulled`);
        this.#records?.pulled(name, found.id, each?.source);
        await this.refresh();
        return imageOf(found);
      } catch (error) {
        failure = error;
      }
    }
    this.#records?.failed(name);
    const message = failure instanceof Error ? failure.message : String(failure);
    throw new ImageError(/invalid reference format/.test(message) ? "InvalidImageName" : "ErrImagePull", message);
  }

  async #credentials(name: string, { metadata, spec }: Pod): Promise<Credentials[]> {
    const { secret } = this.#options;
    const secrets = (spec.imagePullSecrets ?? []).map((reference) => {
      return secret(metadata.namespace ?? "", reference.name ?? "");
    });
    return credentialsFor(
      name,
      (await Promise.all(secrets)).filter((each) => each !== undefined),
    );
  }
}
