import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { ApiError, type Client, type Clock, type Logger, sleep } from "../client/index.ts";
import type { Node, Pod } from "../openapi/api/core.v1.ts";

/** How often the folder is read, in ms. (kubelet's fileCheckFrequency is 20 s; a folder costs next to nothing) */
const READ = 5_000;

/** (pkg/kubelet/types/pod_update.go) */
const ANNOTATION = {
  source: "kubernetes.io/config.source",
  mirror: "kubernetes.io/config.mirror",
  hash: "kubernetes.io/config.hash",
  seen: "kubernetes.io/config.seen",
} as const;

/** Whether a Pod comes from somewhere else than the API server. (kubelet/types IsStaticPod) */
export const isStatic = ({ metadata }: Pod): boolean => (metadata.annotations?.[ANNOTATION.source] ?? "api") !== "api";

/** Whether a Pod only shows one that a node has of its own. */
export const isMirror = ({ metadata }: Pod): boolean => metadata.annotations?.[ANNOTATION.mirror] !== undefined;

/** A file's Pod as its node runs it; same file, same uid. (pkg/kubelet/config/common.go applyDefaults) @throws Error */
export function staticPod(text: string, file: string, nodeName: string, now: Date): Pod {
  const { apiVersion, kind, metadata, spec } = parse(text) as Partial<Pod>; // checked as far as it is used
  if (apiVersion !== "v1" || kind !== "Pod") throw new Error("invalid pod: a static Pod is of apiVersion v1, kind Pod");
  if (!metadata?.name) throw new Error("invalid pod: name is needed for the pod");
  if (!spec?.containers?.length) throw new Error("invalid pod: it has no containers");
  const uid = createHash("md5").update(`${text}host:${nodeName}file:${file}`).digest("hex");
  return {
    apiVersion,
    kind,
    metadata: {
      ...metadata,
      name: `${metadata.name}-${nodeName}`,
      namespace: metadata.namespace ?? "default",
      uid,
      annotations: {
        ...metadata.annotations,
        [ANNOTATION.hash]: uid,
        [ANNOTATION.seen]: now.toISOString(),
        [ANNOTATION.source]: "file",
      },
    },
    spec: {
      ...spec,
      nodeName,
      tolerations: [...(spec.tolerations ?? []), { operator: "Exists", effect: "NoExecute" }],
    },
    status: { phase: "Pending" },
  };
}

/** Shows a static Pod in the API. (pkg/kubelet/pod/mirror_client.go) */
export function mirrorOf(pod: Pod, node: Node): Pod {
  const { uid: hash = "", name, namespace, labels, annotations } = pod.metadata;
  const { name: nodeName = "", uid = "" } = node.metadata;
  return {
    ...pod,
    metadata: {
      ...(name && { name }),
      ...(namespace && { namespace }),
      ...(labels && { labels }),
      annotations: { ...annotations, [ANNOTATION.mirror]: hash },
      ownerReferences: [{ apiVersion: "v1", kind: "Node", name: nodeName, uid, controller: true }],
    },
  };
}

export interface StaticPodOptions {
  readonly folder: string;
  readonly node: Node;
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  run(pod: Pod): void;
  /** Resolves when nothing of it runs any more. */
  end(pod: Pod): Promise<void>;
}

/** Pods that a node has from files of a folder, with or without an API server; there they have mirrors. */
export class StaticPods {
  readonly #options: StaticPodOptions;
  readonly #pods = new Map<string, Pod>();
  /** Uids of mirrors by those of their Pods. */
  readonly #mirrors = new Map<string, string>();
  readonly #aborted = new AbortController();

  constructor(options: StaticPodOptions) {
    this.#options = options;
    this.#read();
    void this.#keepReading();
  }

  stop(): void {
    this.#aborted.abort();
  }

  /** The uid by which the API server knows a Pod; undefined while it does not. */
  uidOf({ metadata }: Pod): string | undefined {
    const { uid = "" } = metadata;
    return this.#pods.has(uid) ? this.#mirrors.get(uid) : uid;
  }

  /** A mirror of this node appeared, changed or went. @returns the Pod that it is a mirror of */
  see(mirror: Pod, deleted: boolean): Pod | undefined {
    const hash = mirror.metadata.annotations?.[ANNOTATION.mirror] ?? "";
    const pod = this.#pods.get(hash);
    const { uid = "" } = mirror.metadata;
    if (deleted && this.#mirrors.get(hash) === uid) this.#mirrors.delete(hash);
    else if (!deleted && pod) this.#mirrors.set(hash, uid);
    // Its Pod is another one by now, or none; one that is being deleted is made anew afterwards.
    if (!deleted && (!pod || mirror.metadata.deletionTimestamp)) void this.#remove(mirror);
    if (deleted && pod) void this.#mirror(pod);
    return pod;
  }

  async #keepReading(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#aborted.signal.aborted) {
      for (const [uid, pod] of this.#pods) if (!this.#mirrors.has(uid)) await this.#mirror(pod);
      await sleep(clock, READ, this.#aborted.signal);
      if (!this.#aborted.signal.aborted) this.#read();
    }
  }

  #read(): void {
    const { folder, node, clock, logger, run } = this.#options;
    const found = new Map<string, Pod>();
    for (const file of existsSync(folder) ? readdirSync(folder) : []) {
      // Editors' own files begin with a dot.
      if (file.startsWith(".")) continue;
      try {
        const text = readFileSync(join(folder, file), "utf8");
        const pod = staticPod(text, file, node.metadata.name ?? "", clock.now());
        found.set(pod.metadata.uid ?? "", pod);
      } catch (error) {
        logger.warn({ err: error, file }, "reading a static Pod failed");
      }
    }
    const ended = [...this.#pods].filter(([uid]) => !found.has(uid));
    const begun = [...found].filter(([uid]) => !this.#pods.has(uid));
    for (const [uid] of ended) this.#pods.delete(uid);
    for (const [uid, pod] of begun) this.#pods.set(uid, pod);
    void (async () => {
      // A changed file is another Pod of the same name: one of them at a time.
      await Promise.all(ended.map(([uid, pod]) => this.#end(uid, pod)));
      for (const [, pod] of begun) run(pod);
    })();
  }

  async #end(uid: string, pod: Pod): Promise<void> {
    await this.#options.end(pod);
    const mirror = this.#mirrors.get(uid);
    this.#mirrors.delete(uid);
    if (mirror) await this.#remove({ ...pod, metadata: { ...pod.metadata, uid: mirror } });
  }

  async #mirror(pod: Pod): Promise<void> {
    const { client, node, logger } = this.#options;
    try {
      const made = await client.create("v1/pods", mirrorOf(pod, node));
      this.#mirrors.set(pod.metadata.uid ?? "", made.metadata.uid ?? "");
    } catch (error) {
      // It is there already, or the API server is not: looked at again.
      if (!(error instanceof ApiError && error.code === 409)) {
        logger.warn({ err: error, pod: pod.metadata.name }, "showing a static Pod failed");
      }
    }
  }

  async #remove({ metadata }: Pod): Promise<void> {
    const { name = "", namespace, uid } = metadata;
    const { client, logger } = this.#options;
    await client.delete("v1/pods", { name, namespace }, { uid, gracePeriodSeconds: 0 }).catch((error: unknown) => {
      if (!(error instanceof ApiError && (error.code === 404 || error.code === 409))) {
        logger.warn({ err: error, pod: name }, "deleting the mirror of a static Pod failed");
      }
    });
  }
}
