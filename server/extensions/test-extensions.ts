import { afterEach, expect } from "vitest";
import type { CustomResourceDefinition } from "../../openapi/api/apiextensions.k8s.io.v1.ts";
import type { WebhookClient } from "../admission/webhook/client.ts";
import type { KubeObject, UnstructuredObject } from "../meta/object.ts";
import type { AdmissionChain } from "../registry/generic/environment.ts";
import { scope, storeOf } from "../registry/generic/test-registry.ts";
import { ServerRegistry } from "../registry/registry.ts";
import type { Services } from "../registry/services.ts";
import { objectWriter } from "../registry/writer.ts";
import { systemClock } from "../storage/clock.ts";
import { openStorage } from "../storage/open.ts";
import { startExtensions } from "./start.ts";

/** Of the definitions in these tests. */
export const GROUP = "demo.example.com";
export const NAME = `widgets.${GROUP}`;
const schema = (field: string) => ({
  openAPIV3Schema: {
    type: "object",
    properties: { spec: { type: "object", properties: { [field]: { type: "string" } } } },
  },
});
export const version = (name: string, storage: boolean, field = "size") => ({
  name,
  served: true,
  storage,
  schema: schema(field),
});

export type Spec = CustomResourceDefinition["spec"];
export const definition = (spec: Partial<Spec> = {}, plural = "widgets", kind = "Widget") =>
  ({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: "Namespaced",
      names: { plural, kind, singular: kind.toLowerCase(), listKind: `${kind}List` },
      conversion: { strategy: "None" },
      versions: [version("v1", true)],
      ...spec,
    },
  }) as unknown as CustomResourceDefinition; // as decoded and defaulted
export const widget = (spec: object, more: object = {}, apiVersion = `${GROUP}/v1`) =>
  ({ apiVersion, kind: "Widget", metadata: { name: "w", ...more }, spec }) as KubeObject;

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A registry with extensions. @param post answers what is sent to webhooks */
export async function server(
  post: WebhookClient["post"] = () => Promise.reject(new Error("no webhook here")),
  admission: Partial<AdmissionChain> = {},
) {
  const storage = await openStorage("memory:", { durability: "relaxed", historySeconds: 0 });
  const registry = new ServerRegistry({
    storage,
    admission: { admit: async () => undefined, validate: async () => undefined, ...admission },
    random: Math.random,
    clock: systemClock,
    services: {} as Services, // no kind in here needs one
  });
  const writer = objectWriter((resource) => registry.storeOf(resource), scope);
  const extensions = startExtensions({
    registry,
    writer,
    storage,
    clock: systemClock,
    client: { post, stop: () => undefined },
    now: () => new Date(),
    newId: () => "uid-1",
    onError: (error) => {
      throw error;
    },
  });
  stops.push(() => extensions.stop());
  const definitions = storeOf(registry, "customresourcedefinitions", "apiextensions.k8s.io");
  const read = (name = NAME) =>
    registry.reader.get<CustomResourceDefinition>(
      { group: "apiextensions.k8s.io", resource: "customresourcedefinitions" },
      "",
      name,
    );
  const conditions = (name?: string) =>
    Object.fromEntries(
      (read(name)?.status?.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]),
    );
  const define = async (object: CustomResourceDefinition) => {
    await definitions.create("", object, scope());
    await expect.poll(() => conditions(object.metadata.name).NamesAccepted).toBeDefined();
  };
  const widgets = (v = "v1") => registry.lookup(GROUP, v, "widgets")!.store;
  return { registry, definitions, define, read, conditions, widgets, extensions };
}

/** A conversion webhook: `change` gets a copy with the wanted apiVersion. */
export const reviewed =
  (change: (object: UnstructuredObject) => void): WebhookClient["post"] =>
  async (_, body) => {
    const { request } = JSON.parse(body) as {
      request: { uid: string; desiredAPIVersion: string; objects: UnstructuredObject[] };
    };
    const convertedObjects = request.objects.map((object) => {
      const converted = { ...object, apiVersion: request.desiredAPIVersion };
      change(converted);
      return converted;
    });
    const response = { uid: request.uid, result: { status: "Success" }, convertedObjects };
    return { kind: "ConversionReview", apiVersion: "apiextensions.k8s.io/v1", response };
  };
