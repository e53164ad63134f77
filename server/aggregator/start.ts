import type { APIService } from "../../openapi/api/apiregistration.k8s.io.v1.ts";
import type { Service } from "../../openapi/api/core.v1.ts";
import type { EndpointSlice } from "../../openapi/api/discovery.k8s.io.v1.ts";
import type { ObjectReader, ObjectWriter } from "../admission/plugin.ts";
import type { ObjectWatch } from "../auth/object-watch.ts";
import type { ServedGroup } from "../discovery/groups.ts";
import { proxyHttp } from "../http/connectors/http-proxy.ts";
import { type Ctx, sendText } from "../http/respond.ts";
import { authorityOf } from "../meta/network-error.ts";
import { KeyQueue, type KeyQueueObserver, type KeyQueueOptions } from "../registry/key-queue.ts";
import { isAvailable, serviceProblem, type Verdict, withAvailability } from "./availability.ts";
import { RemoteConnections } from "./remote-connections.ts";
import type { OpenApiOfRemotes } from "./remote-documents.ts";
import { remoteResources } from "./remote-resources.ts";
import {
  endpointOf,
  type FrontProxyClient,
  getJson,
  identityHeaders,
  RemoteError,
  remoteServer,
} from "./remote-server.ts";

export interface AggregatorOptions extends Pick<KeyQueueOptions, "clock" | "onError"> {
  readonly watch: ObjectWatch;
  readonly reader: ObjectReader;
  readonly writer: ObjectWriter;
  readonly client: FrontProxyClient;
  now(): Date;
  readonly documents: OpenApiOfRemotes;
  /** Whether the document of OpenAPI 3 at this path of the index is our own. */
  hasDocument(path: string): boolean;
  /** What discovery tells has changed. */
  onChange(): void;
  /** What OpenAPI tells has changed. */
  onDocuments(): void;
  /** For the metrics of a queue. @param queue upstream's name of it */
  observe?(queue: string): KeyQueueObserver;
}

export interface Aggregator {
  /** @returns whether the request is for another server, and so answered */
  handle(this: void, ctx: Ctx): Promise<boolean>;
  groups(this: void): readonly ServedGroup[];
  stop(): void;
}

const API_SERVICES = { group: "apiregistration.k8s.io", resource: "apiservices" };
const AGAIN_MILLISECONDS = 30_000;
/** Of a server that is not available. (kube-aggregator/pkg/controllers/status/remote) */
const RETRY_MILLISECONDS = { first: 5000, last: AGAIN_MILLISECONDS };
const ASK_MILLISECONDS = 5000;
const DOCUMENTS_MILLISECONDS = 60_000;
const FAILED_MILLISECONDS = 10_000;
const DOCUMENT_PREFIX = "/openapi/v3/";

/** Passes what APIServices name on to the servers behind them, and watches over these. (kube-aggregator) */
export function startAggregator(options: AggregatorOptions): Aggregator {
  const { watch, reader, writer, client, now, onChange, documents } = options;
  /** By `group/version`. */
  const remote = new Map<string, Readonly<APIService>>();
  const resources = new Map<string, readonly object[]>();
  const connections = new RemoteConnections(reader, client);
  const queue = new KeyQueue({
    ...options,
    observer: options.observe?.("RemoteAvailabilityController"),
    retryMilliseconds: RETRY_MILLISECONDS,
    async sync(name) {
      const service = reader.get<APIService>(API_SERVICES, "", name);
      if (!service?.spec.service) return undefined;
      const verdict = serviceProblem(service, reader) ?? (await askServer(service));
      await writer.update<APIService>(
        API_SERVICES,
        "",
        name,
        (found) => withAvailability(found, verdict, now()),
        "status",
      );
      if (verdict.status === "True" && !isAvailable(service)) describing.add(name);
      // Nothing that is watched tells when a network or a server has recovered, or is lost.
      if (verdict.status !== "True") return "again";
      queue.addAfter(name, AGAIN_MILLISECONDS);
      return undefined;
    },
  });
  const describing = new KeyQueue({
    ...options,
    observer: options.observe?.("open_api_v3_aggregation_controller"),
    async sync(name) {
      const service = reader.get<APIService>(API_SERVICES, "", name);
      if (!service?.spec.service) return;
      describing.addAfter(name, DOCUMENTS_MILLISECONDS);
      if (!isAvailable(service)) return;
      try {
        const changed = await documents.refresh(service, remoteServer(service, reader, client));
        if (changed) options.onDocuments();
      } catch (error) {
        if (!(error instanceof RemoteError)) throw error;
        // That it cannot be reached is told by its APIService's condition.
        describing.addAfter(name, FAILED_MILLISECONDS);
      }
    },
  });
  const askServer = async (service: Readonly<APIService>): Promise<Verdict> => {
    const path = `/apis/${versionOf(service)}`;
    const at = endpointOf(service, reader);
    const host = authorityOf(at.host, at.port);
    try {
      const asking = { signal: AbortSignal.timeout(ASK_MILLISECONDS), host };
      const document = await getJson(remoteServer(service, reader, client), path, asking);
      resources.set(versionOf(service), remoteResources(document, service.spec));
      onChange();
      return { status: "True", reason: "Passed", message: "all checks passed" };
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const message = `failing or missing response from https://${host}${path}: ${text}`;
      return { status: "False", reason: "FailedDiscoveryCheck", message };
    }
  };
  const checkBehind = (namespace: string | undefined, name: string | undefined) => {
    for (const { metadata, spec } of remote.values()) {
      const { service } = spec;
      if (service?.namespace === namespace && service?.name === name) queue.add(metadata.name ?? "");
    }
  };
  const ofService = ({ metadata }: Readonly<Service>) => checkBehind(metadata.namespace, metadata.name);
  const ofSlice = ({ metadata }: Readonly<EndpointSlice>) =>
    checkBehind(metadata.namespace, metadata.labels?.["kubernetes.io/service-name"]);
  const stops = [
    watch.watch<APIService>(API_SERVICES, {
      set(service) {
        const { name = "" } = service.metadata;
        const key = versionOf(service);
        const before = remote.get(key);
        if (service.spec.service) remote.set(key, service);
        else if (!remote.delete(key)) return;
        // Its own status is no reason to ask again.
        if (before?.spec !== undefined && JSON.stringify(before.spec) === JSON.stringify(service.spec))
          return onChange();
        onChange();
        queue.add(name);
        describing.add(name);
      },
      remove(service) {
        resources.delete(versionOf(service));
        connections.forget(service.metadata.name ?? "");
        if (documents.forget(service.metadata.name ?? "")) options.onDocuments();
        if (remote.delete(versionOf(service))) onChange();
      },
    }),
    watch.watch<Service>({ group: "", resource: "services" }, { set: ofService, remove: ofService }),
    watch.watch<EndpointSlice>(
      { group: "discovery.k8s.io", resource: "endpointslices" },
      { set: ofSlice, remove: ofSlice },
    ),
    () => queue.stop(),
    () => describing.stop(),
    () => connections.stop(),
  ];
  const serviceOf = (path: string) => {
    if (path.startsWith(DOCUMENT_PREFIX)) {
      const document = path.slice(DOCUMENT_PREFIX.length);
      return options.hasDocument(document) ? undefined : documents.serviceOf(document);
    }
    const [, prefix, group, version] = path.split("/");
    return prefix === "apis" && version ? remote.get(`${group}/${version}`) : undefined;
  };
  return {
    async handle(ctx) {
      if (remote.size === 0) return false;
      const { path } = ctx.state.requestInfo;
      const service = serviceOf(path);
      if (!service) return false;
      ctx.state.initialized?.(); // a watch is the other server's burden from here on
      if (!isAvailable(service)) sendText(ctx, 503, "service unavailable");
      else await proxyHttp(ctx, connections.of(service), path, identityHeaders(ctx.state.user));
      return true;
    },
    groups: () => groupsOf([...remote.values()], resources),
    stop() {
      for (const stop of stops) stop();
    },
  };
}

const versionOf = ({ spec }: Readonly<APIService>) => `${spec.group}/${spec.version}`;

function groupsOf(
  services: readonly Readonly<APIService>[],
  resources: ReadonlyMap<string, readonly object[]>,
): ServedGroup[] {
  const groups = new Map<string, ServedGroup["versions"]>();
  const best = services.toSorted((a, b) => b.spec.versionPriority - a.spec.versionPriority);
  for (const service of best) {
    const { group = "", version = "" } = service.spec;
    const remote = { resources: resources.get(versionOf(service)) ?? [], stale: !isAvailable(service) };
    groups.set(group, [...(groups.get(group) ?? []), { version, kinds: [], remote }]);
  }
  return [...groups].map(([name, versions]) => ({ name, versions }));
}
