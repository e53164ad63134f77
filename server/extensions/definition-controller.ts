import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
} from "../../openapi/api/apiextensions.k8s.io.v1.ts";
import type { ObjectReader, ObjectWriter } from "../admission/plugin.ts";
import { deepCopy } from "../meta/equality.ts";
import type { GroupResource } from "../meta/errors.ts";
import {
  type ConditionWish,
  conditionOf,
  hasCondition,
  removeCondition,
  setCondition,
} from "../registry/apiextensions/conditions.ts";
import { CLEANUP_FINALIZER } from "../registry/apiextensions/custom-resource-definition.ts";
import { isNotFound } from "../registry/writer.ts";
import type { Clock } from "../storage/clock.ts";
import { approvalOf, establishmentOf, namingOf, nonStructuralOf } from "./definition-conditions.ts";

export const DEFINITIONS: GroupResource = { group: "apiextensions.k8s.io", resource: "customresourcedefinitions" };

type Definition = Readonly<CustomResourceDefinition>;

export interface ControllerEnvironment {
  readonly reader: ObjectReader;
  readonly writer: ObjectWriter;
  readonly clock: Clock;
  now(): Date;
  /** Deletes the objects of a definition and waits until they are gone. @returns how it ended */
  removeInstances(definition: Definition): Promise<ConditionWish>;
  onError(error: unknown): void;
}

const FIRST_RETRY_MILLISECONDS = 50;
const LAST_RETRY_MILLISECONDS = 60_000;

/**
 * Gives definitions their names and conditions, and takes them away when they are deleted, as upstream's controllers do
 * inside its API server. One definition at a time: names are first come, first served.
 * (apiextensions-apiserver/pkg/controller/{status,establish,nonstructuralschema,apiapproval,finalizer})
 */
export class DefinitionController {
  readonly #environment: ControllerEnvironment;
  readonly #queue = new Set<string>();
  /** The names that definitions have, by the definition's own. */
  readonly #names = new Map<string, ClaimedNames>();
  readonly #retries = new Map<string, number>();
  readonly #cancels = new Set<() => void>();
  /** Generations whose schemas have been looked at. */
  readonly #seen = new Map<string, number>();
  readonly #finalizing = new Set<string>();
  #isRunning = false;
  #isStopped = false;

  constructor(environment: ControllerEnvironment) {
    this.#environment = environment;
  }

  /** To be called for each definition and each change of one. */
  follow(definition: Definition): void {
    const { metadata, spec, status } = definition;
    const { name = "" } = metadata;
    this.#names.set(name, {
      group: spec.group ?? "",
      // Copied, since all of a definition would stay in memory with a part of it.
      accepted: deepCopy(status?.acceptedNames),
      isWaiting: conditionOf(definition, "NamesAccepted")?.status !== "True",
    });
    this.#enqueue(name);
  }

  forget(name: string): void {
    this.#names.delete(name);
    this.#enqueue(name);
  }

  #enqueue(name: string): void {
    this.#queue.add(name);
    if (this.#isRunning || this.#isStopped) return;
    this.#isRunning = true;
    // Not in the turn of a commit, whose watchers wait.
    setImmediate(() => void this.#run());
  }

  stop(): void {
    this.#isStopped = true;
    for (const cancel of this.#cancels) cancel();
  }

  async #run(): Promise<void> {
    for (const name of this.#queue) {
      if (this.#isStopped) break;
      this.#queue.delete(name);
      await this.#attempt(name, () => this.#sync(name));
    }
    this.#isRunning = false;
  }

  async #attempt(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#retries.delete(name);
    } catch (error) {
      if (isNotFound(error) || this.#isStopped) return; // deleted meanwhile
      this.#environment.onError(error);
      this.#retry(name);
    }
  }

  #retry(name: string): void {
    const count = this.#retries.get(name) ?? 0;
    this.#retries.set(name, count + 1);
    const delay = Math.min(FIRST_RETRY_MILLISECONDS * 2 ** count, LAST_RETRY_MILLISECONDS);
    const cancel = this.#environment.clock.after(delay, () => {
      this.#cancels.delete(cancel);
      this.#enqueue(name);
    });
    this.#cancels.add(cancel);
  }

  async #sync(name: string): Promise<void> {
    const definition = this.#read(name);
    if (!definition) {
      this.#seen.delete(name);
      // Its names are free again.
      this.#enqueueWaiting(name, name.slice(name.indexOf(".") + 1));
      return;
    }
    await this.#accept(name, definition);
    await this.#judge(name);
    const { deletionTimestamp, finalizers } = definition.metadata;
    if (deletionTimestamp && finalizers?.includes(CLEANUP_FINALIZER) && !this.#finalizing.has(name)) {
      this.#finalizing.add(name);
      // Takes as long as the objects' own finalizers: others need not wait.
      void this.#attempt(name, () => this.#finalize(name)).finally(() => this.#finalizing.delete(name));
    }
  }

  /** Names first, then Established, in two writes as upstream makes them. */
  async #accept(name: string, definition: Definition): Promise<void> {
    const { group = "" } = definition.spec;
    const others = this.#othersOf(name, group).flatMap(([, { accepted }]) => (accepted ? [accepted] : []));
    const naming = namingOf(definition, others);
    if (naming) {
      await this.#write(name, (current) => {
        const wish = namingOf(current, others);
        if (!wish) return false;
        this.#set(current, wish.conditions);
        if (current.status) current.status.acceptedNames = wish.acceptedNames;
        return true;
      });
      this.#enqueueWaiting(name, group);
    }
    const current = this.#read(name);
    const establishment = current && establishmentOf(current);
    if (!establishment || hasCondition(current, establishment)) return;
    await this.#write(name, (latest) => {
      const wish = establishmentOf(latest);
      if (wish) this.#set(latest, [wish]);
      return wish !== undefined;
    });
  }

  async #judge(name: string): Promise<void> {
    const definition = this.#read(name);
    if (!definition) return;
    const { generation = 0 } = definition.metadata;
    if ((this.#seen.get(name) ?? -1) < generation) {
      const nonStructural = nonStructuralOf(definition);
      const old = conditionOf(definition, "NonStructuralSchema");
      if (nonStructural ? !hasCondition(definition, nonStructural) : old) {
        await this.#write(name, (current) => {
          if (nonStructural) this.#set(current, [nonStructural]);
          else removeCondition(current, "NonStructuralSchema");
          return true;
        });
      }
      this.#seen.set(name, generation);
    }
    const approval = approvalOf(definition);
    if (!approval || hasCondition(definition, approval)) return;
    await this.#write(name, (current) => {
      this.#set(current, [approval]);
      return true;
    });
  }

  async #finalize(name: string): Promise<void> {
    await this.#write(name, (current) => {
      const message = "CustomResource deletion is in progress";
      this.#set(current, [terminating("True", "InstanceDeletionInProgress", message)]);
      return true;
    });
    const definition = this.#read(name);
    if (!definition) return;
    const wish = await this.#ending(definition);
    await this.#write(name, (current) => {
      this.#set(current, [wish]);
      if (wish.status === "True") return true;
      const { finalizers = [] } = current.metadata;
      current.metadata.finalizers = finalizers.filter((each) => each !== CLEANUP_FINALIZER);
      return true;
    });
    if (wish.status === "True") throw new Error(`${name}: ${wish.message}`);
  }

  async #ending(definition: Definition): Promise<ConditionWish> {
    if (BUILT_IN.has(definition.metadata.name ?? "")) {
      return terminating("False", "OverlappingBuiltInResource", "instances overlap with built-in resources in storage");
    }
    if (conditionOf(definition, "Established")?.status !== "True") {
      return terminating("False", "NeverEstablished", "resource was never established");
    }
    return this.#environment.removeInstances(definition);
  }

  #read(name: string): Definition | undefined {
    return this.#environment.reader.get<CustomResourceDefinition>(DEFINITIONS, "", name);
  }

  #set(definition: CustomResourceDefinition, wishes: readonly ConditionWish[]): void {
    for (const wish of wishes) setCondition(definition, wish, this.#environment.now());
  }

  async #write(name: string, change: (current: CustomResourceDefinition) => boolean): Promise<void> {
    const apply = (current: CustomResourceDefinition) => (change(current) ? current : undefined);
    await this.#environment.writer.update<CustomResourceDefinition>(DEFINITIONS, "", name, apply, "status");
  }

  #othersOf(name: string, group: string): [string, ClaimedNames][] {
    return [...this.#names].filter(([other, claimed]) => other !== name && claimed.group === group);
  }

  /** Who has its names keeps them, whatever others get: a group may have hundreds of definitions. */
  #enqueueWaiting(name: string, group: string): void {
    for (const [other, { isWaiting }] of this.#othersOf(name, group)) if (isWaiting) this.#enqueue(other);
  }
}

interface ClaimedNames {
  readonly group: string;
  readonly accepted: CustomResourceDefinitionNames | undefined;
  /** It does not have all the names that it asks for. */
  readonly isWaiting: boolean;
}

/** Kept where custom resources are kept, but not theirs. (OverlappingBuiltInResources) */
const BUILT_IN = new Set(["apiservices.apiregistration.k8s.io", "customresourcedefinitions.apiextensions.k8s.io"]);

/** A state of the deletion. */
export function terminating(status: "True" | "False", reason: string, message: string): ConditionWish {
  return { type: "Terminating", status, reason, message };
}
