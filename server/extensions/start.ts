import type { CustomResourceDefinition } from "../../openapi/api/apiextensions.k8s.io.v1.ts";
import type { ApiResource } from "../../openapi/documents/api-resource.ts";
import type { ObjectWriter } from "../admission/plugin.ts";
import type { WebhookClient } from "../admission/webhook/client.ts";
import { isConditionTrue } from "../registry/apiextensions/conditions.ts";
import { useRuleEngine } from "../registry/apiextensions/schema/rules.ts";
import type { Kind } from "../registry/kind.ts";
import type { ServerRegistry } from "../registry/registry.ts";
import { serverScope } from "../registry/writer.ts";
import type { Clock } from "../storage/clock.ts";
import type { Storage } from "../storage/storage.ts";
import { DefinedResource } from "./defined-resource.ts";
import { DEFINITIONS, DefinitionController, terminating } from "./definition-controller.ts";
import { removeInstances } from "./instances.ts";
import type { RuleObserver } from "./rules/observer.ts";
import { ruleEngine } from "./rules/rule-engine.ts";

type Definition = Readonly<CustomResourceDefinition>;

export interface ExtensionsOptions {
  readonly registry: ServerRegistry;
  readonly writer: ObjectWriter;
  readonly storage: Storage;
  readonly clock: Clock;
  /** For conversion webhooks. */
  readonly client: WebhookClient;
  readonly ruleObserver?: RuleObserver;
  now(): Date;
  newId(): string;
  onError(error: unknown): void;
}

/** Definitions become kinds. */
export interface Extensions {
  /** The published schema of a version of a custom resource, for OpenAPI. */
  customSchema(kind: Kind): NonNullable<ApiResource["custom"]>;
  stop(): void;
}

/** Serves what CustomResourceDefinitions define, as they come and go. All there is already is served on return. */
export function startExtensions(options: ExtensionsOptions): Extensions {
  const { registry, writer, storage, clock, client, now, newId, onError } = options;
  const { reader } = registry;
  useRuleEngine(ruleEngine(options.ruleObserver));
  const resources = new Map<string, DefinedResource>();
  const environment = {
    client,
    newId,
    definition: (name: string) => reader.get<CustomResourceDefinition>(DEFINITIONS, "", name),
    makeStore: (kind: Kind) => registry.makeStore(kind),
  };
  const controller = new DefinitionController({
    reader,
    writer,
    clock,
    now,
    onError,
    async removeInstances({ metadata }) {
      const store = resources.get(metadata.name ?? "")?.instances;
      if (store) return removeInstances(store, serverScope(now()), { storage, clock });
      return terminating("True", "InstanceDeletionFailed", "could not list instances: the resource is not served");
    },
  });
  let isStarting = true;
  const publish = () => {
    if (!isStarting) registry.setCustom([...resources.values()].flatMap(({ served }) => served));
  };
  /** In the turn of the commit: whoever sees the definition changed finds it served as it now is. */
  const follow = (definition: Definition) => {
    const { name = "" } = definition.metadata;
    const known = resources.get(name);
    const isServed = isConditionTrue(definition, "Established") || isConditionTrue(definition, "NamesAccepted");
    if (isServed && known) {
      const before = known.appearance;
      if (known.follow(definition)) return known.appearance === before ? undefined : publish();
    }
    if (isServed) resources.set(name, new DefinedResource(definition, environment));
    else if (!resources.delete(name)) return;
    publish();
    known?.retire();
  };
  const unwatch = registry.watch.watch<CustomResourceDefinition>(DEFINITIONS, {
    set(definition) {
      follow(definition);
      controller.follow(definition);
    },
    remove({ metadata: { name = "" } }) {
      const known = resources.get(name);
      if (resources.delete(name)) publish();
      known?.retire();
      controller.forget(name);
    },
  });
  isStarting = false;
  if (resources.size > 0) publish();
  return {
    customSchema: ({ group, version, plural }) => resources.get(`${plural}.${group}`)?.published(version) ?? {},
    stop() {
      unwatch();
      controller.stop();
      for (const resource of resources.values()) resource.retire();
    },
  };
}
