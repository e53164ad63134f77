import { createHash } from "node:crypto";
import type { APIService } from "../../openapi/api/apiregistration.k8s.io.v1.ts";
import { filterByPaths, type OpenApiPart } from "../../openapi/documents/merge.ts";
import type { UserInfo } from "../auth/authenticator.ts";
import type { RemoteDocuments } from "../discovery/openapi.ts";
import type { Backend } from "../http/connectors/backend.ts";
import { type FetchOptions, fetchJson } from "./remote-server.ts";

interface Known {
  readonly service: Readonly<APIService>;
  /** Of version 3, by path. */
  readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>>;
  readonly whole?: { readonly etag: string; readonly hash: string; readonly document: OpenApiPart };
}

const DOWNLOAD_MILLISECONDS = 60_000;
const DOWNLOADER: UserInfo = { name: "system:aggregator", groups: [] };

/**
 * What the servers behind APIServices say of themselves in OpenAPI. Version 2 becomes part of ours; of version 3 only
 * the index does, and documents stay where they are. (kube-aggregator/pkg/controllers/openapi and openapiv3)
 */
export class OpenApiOfRemotes implements RemoteDocuments {
  /** By the name of the APIService. */
  readonly #known = new Map<string, Known>();

  /** Asks a server anew. @returns whether something has changed. @throws RemoteError when it cannot be asked */
  async refresh(service: Readonly<APIService>, backend: Backend): Promise<boolean> {
    const { metadata, spec } = service;
    const { name = "" } = metadata;
    const before = this.#known.get(name);
    const options: FetchOptions = { signal: AbortSignal.timeout(DOWNLOAD_MILLISECONDS), user: DOWNLOADER };
    const index = await fetchJson(backend, "/openapi/v3", options);
    // The cast: another server's document; what is no index has no paths.
    const paths = typeof index === "object" ? ((index.document as Partial<Known> | null)?.paths ?? {}) : {};
    const whole = await this.#whole(backend, `/apis/${spec.group}/${spec.version}/`, before?.whole, options);
    this.#known.set(name, { service, paths, ...(whole && { whole }) });
    return before?.whole !== whole || JSON.stringify(before?.paths) !== JSON.stringify(paths);
  }

  /** @returns whether there was anything to forget */
  forget(name: string): boolean {
    return this.#known.delete(name);
  }

  /** Who has the document of version 3 at a path of the index. */
  serviceOf(path: string): Readonly<APIService> | undefined {
    for (const { service, paths } of this.#known.values()) if (Object.hasOwn(paths, path)) return service;
    return undefined;
  }

  index(): Known["paths"] {
    return Object.assign({}, ...[...this.#known.values()].map(({ paths }) => paths));
  }

  wholes(): { readonly hash: string; readonly document: OpenApiPart }[] {
    const byPriority = [...this.#known.values()].sort(
      ({ service: { spec: a } }, { service: { spec: b } }) =>
        b.groupPriorityMinimum - a.groupPriorityMinimum ||
        b.versionPriority - a.versionPriority ||
        (`${a.group}/${a.version}` < `${b.group}/${b.version}` ? -1 : 1),
    );
    return byPriority.flatMap(({ whole }) => whole ?? []);
  }

  async #whole(
    backend: Backend,
    prefix: string,
    before: Known["whole"],
    options: FetchOptions,
  ): Promise<Known["whole"]> {
    const found = await fetchJson(backend, "/openapi/v2", { ...options, ...(before?.etag && { etag: before.etag }) });
    if (found === "unchanged") return before;
    if (found === "absent") return undefined;
    const hash = createHash("sha512").update(JSON.stringify(found.document)).digest("hex");
    if (before?.hash === hash) return before;
    return { etag: found.etag, hash, document: filterByPaths((found.document ?? {}) as OpenApiPart, [prefix]) };
  }
}
