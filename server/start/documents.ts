import type { ObjectWriter } from "../admission/plugin.ts";
import { OpenApiOfRemotes } from "../aggregator/remote-documents.ts";
import { startAggregator } from "../aggregator/start.ts";
import { OpenApiDocuments, type OpenApiOptions } from "../discovery/openapi.ts";
import type { KeyQueueObserver } from "../registry/key-queue.ts";
import type { ServerRegistry } from "../registry/registry.ts";
import { systemClock } from "../storage/clock.ts";

/** What is served, described: the server's own OpenAPI with that of aggregated servers, which this one passes on to. */
export function startDocuments(options: {
  readonly registry: ServerRegistry;
  readonly writer: ObjectWriter;
  readonly customSchema: OpenApiOptions["customSchema"];
  /** The front proxy's certificate and key in PEM. */
  readonly client: { readonly cert: string; readonly key: string };
  readonly now: () => Date;
  /** Groups of aggregated servers came or went. */
  readonly onRemoteGroups: () => void;
  readonly onStop: (release: () => void) => void;
  readonly observeQueue: (name: string) => KeyQueueObserver;
}): { documents: OpenApiDocuments; aggregator: ReturnType<typeof startAggregator> } {
  const { registry, writer, customSchema, client, now, onRemoteGroups, onStop } = options;
  const { watch, reader } = registry;
  const remote = new OpenApiOfRemotes();
  const documents = new OpenApiDocuments({ kinds: () => registry.kinds, customSchema, version: "1.36", remote }, now());
  onStop(registry.onChange(() => documents.invalidate(now())));
  const aggregator = startAggregator({
    watch,
    reader,
    writer,
    clock: systemClock,
    now,
    client,
    documents: remote,
    hasDocument: (path) => documents.v3Hash(path) !== undefined,
    onChange: onRemoteGroups,
    onDocuments: () => documents.invalidate(now()),
    onError: console.error,
    observe: options.observeQueue,
  });
  onStop(() => aggregator.stop());
  return { documents, aggregator };
}
