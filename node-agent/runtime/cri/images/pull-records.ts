import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { PullSource } from "./pull-secrets.ts";

interface Access {
  /** It was to be had without credentials, so every Pod may use it. */
  readonly everybody: boolean;
  /** Secrets that it was to be had with. */
  readonly secrets: readonly PullSource[];
}

interface Records {
  /** By id of an image, then by its name without tag and digest. */
  readonly images: Record<string, Record<string, Access>>;
  /** Names of images that are being pulled. */
  readonly intents: Record<string, true>;
}

/** Sources that are remembered of one image, when they are only met, not used. (writeRecordWhileMatchingLimit) */
const MOST_MET = 100;

/** An image's name without tag and digest. */
function repositoryOf(name: string): string {
  const [plain = ""] = name.split("@");
  const tag = plain.lastIndexOf(":");
  return tag > plain.lastIndexOf("/") ? plain.slice(0, tag) : plain;
}

const isSameSecret = (a: PullSource, b: PullSource) =>
  a.uid === b.uid && a.namespace === b.namespace && a.name === b.name;

/**
 * Remembers how images came to the node, so that a Pod does not get one for nothing for which another Pod had to show a
 * secret. What was brought otherwise than by a pull is anybody's. (pkg/kubelet/images/pullmanager, whose policy is
 * NeverVerifyPreloadedImages)
 */
export class PullRecords {
  readonly #file: string;
  readonly #records: Records;

  /** @param file where it is kept @param present names and ids of the images that are there */
  constructor(file: string, present: readonly { readonly id: string; readonly names: readonly string[] }[]) {
    this.#file = file;
    this.#records = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { images: {}, intents: {} };
    // The agent ended over these: how they were had is not known.
    for (const name of Object.keys(this.#records.intents)) {
      const found = present.find(({ names }) => names.includes(name));
      if (found) this.#records.images[found.id] ??= {};
      delete this.#records.intents[name];
    }
  }

  begin(name: string): void {
    this.#records.intents[name] = true;
    this.#save();
  }

  failed(name: string): void {
    delete this.#records.intents[name];
    this.#save();
  }

  /** @param source undefined: no credentials were needed */
  pulled(name: string, id: string, source: PullSource | undefined): void {
    delete this.#records.intents[name];
    this.#remember(name, id, source);
    this.#save();
  }

  /** Whether a Pod has to show the registry its credentials again. @param sources that the Pod has */
  async mustPull(name: string, id: string, sources: () => Promise<readonly PullSource[]>): Promise<boolean> {
    const ofImage = this.#records.images[id];
    if (!ofImage) return name in this.#records.intents;
    const access = ofImage[repositoryOf(name)];
    if (!access) return true;
    if (access.everybody) return false;
    for (const source of await sources()) {
      const known = access.secrets.find((each) => each.hash === source.hash || isSameSecret(each, source));
      if (!known) continue;
      const isNews = known.hash !== source.hash || !isSameSecret(known, source);
      if (isNews && access.secrets.length < MOST_MET) {
        this.#remember(name, id, source);
        this.#save();
      }
      return false;
    }
    return true;
  }

  /** Forgets images that are gone. */
  prune(present: ReadonlySet<string>): void {
    const gone = Object.keys(this.#records.images).filter((id) => !present.has(id));
    for (const id of gone) delete this.#records.images[id];
    if (gone.length > 0) this.#save();
  }

  #remember(name: string, id: string, source: PullSource | undefined): void {
    const repository = repositoryOf(name);
    const ofImage = this.#records.images[id] ?? {};
    const old = ofImage[repository] ?? { everybody: false, secrets: [] };
    const others = source ? old.secrets.filter((each) => !isSameSecret(each, source)) : [];
    ofImage[repository] =
      old.everybody || !source ? { everybody: true, secrets: [] } : { everybody: false, secrets: [...others, source] };
    this.#records.images[id] = ofImage;
  }

  #save(): void {
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#records), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}
