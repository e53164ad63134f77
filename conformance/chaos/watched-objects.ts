import { HttpClient, type Json, type OpenWatch } from "../http.ts";

/**
 * A collection as one endless watch tells it: listed once, then never again. When the connection breaks, the watch
 * goes on from the last revision seen, so that a lost, doubled or invented event shows.
 */
export class WatchedObjects {
  /** By namespace/name. */
  readonly objects = new Map<string, Json>();
  /** Events that cannot be right. */
  readonly wrong: string[] = [];
  reconnections = 0;
  readonly #api: HttpClient;
  readonly #path: string;
  #revision = 0;
  #watch: OpenWatch | undefined;
  #isStopped = false;

  private constructor(api: HttpClient, path: string) {
    this.#api = api;
    this.#path = path;
  }

  static async open(kubeconfig: string, path: string): Promise<WatchedObjects> {
    const api = await HttpClient.open(kubeconfig);
    const watched = new WatchedObjects(api, path);
    const { body } = await api.get(path);
    for (const item of body.items) watched.objects.set(keyOf(item), item);
    watched.#revision = Number(body.metadata.resourceVersion);
    void watched.#run();
    return watched;
  }

  stop(): void {
    this.#isStopped = true;
    this.#watch?.close();
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        const bookmarks = "allowWatchBookmarks=true";
        this.#watch = await this.#api.watch(`${this.#path}?watch=1&${bookmarks}&resourceVersion=${this.#revision}`);
        for await (const event of this.#watch) this.#see(event.type, event.object);
      } catch {
        // The server is down, or was killed in the middle of a line.
      }
      this.reconnections++;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  #see(type: string, object: Json): void {
    if (type === "ERROR") {
      this.wrong.push(`${this.#path}: ${JSON.stringify(object)}`);
      return;
    }
    const revision = Number(object.metadata.resourceVersion);
    const key = keyOf(object);
    const known = this.objects.get(key);
    const say = (text: string) => this.wrong.push(`${this.#path}: ${type} ${key} at ${revision}: ${text}`);
    if (revision < this.#revision || (type !== "BOOKMARK" && revision === this.#revision)) {
      say(`after ${this.#revision}`);
    }
    this.#revision = Math.max(this.#revision, revision);
    if (type === "BOOKMARK") return;
    if ((type === "ADDED") === Boolean(known)) say(known ? "is there already" : "was never added");
    if (known && known.metadata.uid !== object.metadata.uid) say("became another object");
    if (type === "DELETED") this.objects.delete(key);
    else this.objects.set(key, object);
  }
}

export const keyOf = ({ metadata }: Json): string => `${metadata.namespace}/${metadata.name}`;
