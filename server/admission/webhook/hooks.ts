import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import type { ObjectWatch } from "../../auth/object-watch.ts";
import { type LabelSelectorFields, labelSelectorFrom } from "../../meta/labels.ts";
import type { LabelSelector } from "../../meta/selector.ts";
import { type MatchConditions, matchConditions } from "../cel/match-conditions.ts";

/** One webhook of one configuration, ready to be asked. */
export interface Hook {
  readonly configuration: string;
  /** The same webhook in both rounds of a request. */
  readonly id: string;
  readonly webhook: MutatingWebhook | ValidatingWebhook;
  readonly namespaceSelector: LabelSelector | Error;
  readonly objectSelector: LabelSelector | Error;
  readonly conditions: MatchConditions | undefined;
}

type Configuration = MutatingWebhookConfiguration | ValidatingWebhookConfiguration;

/** Follows the configurations, so that a request costs nothing where there are none. */
export class Hooks {
  readonly #configurations = new Map<string, readonly Hook[]>();
  readonly #stop: () => void;
  #all: readonly Hook[] = [];

  constructor(watch: ObjectWatch, resource: string) {
    this.#stop = watch.watch<Configuration>(
      { group: "admissionregistration.k8s.io", resource },
      {
        set: (configuration) => this.#set(configuration),
        remove: ({ metadata }) => {
          this.#configurations.delete(metadata.name ?? "");
          this.#arrange();
        },
      },
    );
  }

  /** In the order of their configurations' names. */
  get all(): readonly Hook[] {
    return this.#all;
  }

  stop(): void {
    this.#stop();
  }

  #set({ metadata, webhooks = [] }: Readonly<Configuration>): void {
    const configuration = metadata.name ?? "";
    const counts = new Map<string, number>();
    const hooks = webhooks.map((webhook): Hook => {
      const count = counts.get(webhook.name) ?? 0;
      counts.set(webhook.name, count + 1);
      return {
        configuration,
        id: `${configuration}/${webhook.name}/${count}`,
        webhook,
        namespaceSelector: selectorOf(webhook.namespaceSelector),
        objectSelector: selectorOf(webhook.objectSelector),
        conditions: matchConditions(webhook, { hasParams: false, hasAuthorizer: true }),
      };
    });
    this.#configurations.set(configuration, hooks);
    this.#arrange();
  }

  #arrange(): void {
    const sorted = [...this.#configurations].sort(([a], [b]) => (a < b ? -1 : 1));
    this.#all = sorted.flatMap(([, hooks]) => hooks);
  }
}

export function selectorOf(fields: LabelSelectorFields | undefined): LabelSelector | Error {
  try {
    return labelSelectorFrom(fields);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
