import type { MatchResources, ParamKind, ParamRef } from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import type { ObjectWatch } from "../../auth/object-watch.ts";
import type { KubeObject } from "../../meta/object.ts";

/** What both sorts of policies have in common. */
export type Policy = KubeObject & {
  readonly spec: {
    readonly paramKind?: ParamKind;
    readonly matchConstraints?: MatchResources;
    readonly failurePolicy?: string;
  };
};
export type Binding = KubeObject & {
  readonly spec: {
    readonly policyName?: string;
    readonly paramRef?: ParamRef;
    readonly matchResources?: MatchResources;
  };
};

/** A policy that is in force, compiled. */
export interface PolicyHook<P extends Policy, B extends Binding, E> {
  readonly policy: Readonly<P>;
  /** At least one, by name. */
  readonly bindings: readonly Readonly<B>[];
  readonly evaluator: E;
}

const GROUP = "admissionregistration.k8s.io";

/** Follows policies and their bindings. Policies without a binding cost nothing. (plugin/policy/generic/policy_source.go) */
export class PolicySource<P extends Policy, B extends Binding, E> {
  readonly #policies = new Map<string, Readonly<P>>();
  readonly #bindings = new Map<string, Readonly<B>>();
  readonly #compile: (policy: Readonly<P>) => E;
  readonly #compiled = new WeakMap<object, E>();
  readonly #stops: readonly (() => void)[];
  #hooks: readonly PolicyHook<P, B, E>[] | undefined;

  constructor(
    watch: ObjectWatch,
    resources: { readonly policies: string; readonly bindings: string },
    compile: (policy: Readonly<P>) => E,
  ) {
    this.#compile = compile;
    this.#stops = [
      this.#follow(watch, resources.policies, this.#policies),
      this.#follow(watch, resources.bindings, this.#bindings),
    ];
  }

  /** By name of the policy. */
  get hooks(): readonly PolicyHook<P, B, E>[] {
    this.#hooks ??= this.#arrange();
    return this.#hooks;
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  #follow<T extends KubeObject>(watch: ObjectWatch, resource: string, objects: Map<string, Readonly<T>>): () => void {
    return watch.watch<T>(
      { group: GROUP, resource },
      {
        set: (object) => {
          objects.set(object.metadata.name ?? "", object);
          this.#hooks = undefined;
        },
        remove: ({ metadata }) => {
          objects.delete(metadata.name ?? "");
          this.#hooks = undefined;
        },
      },
    );
  }

  #arrange(): readonly PolicyHook<P, B, E>[] {
    const bindings = new Map<string, Readonly<B>[]>();
    for (const [, binding] of sorted(this.#bindings)) {
      const policy = binding.spec.policyName ?? "";
      bindings.set(policy, [...(bindings.get(policy) ?? []), binding]);
    }
    return sorted(this.#policies).flatMap(([name, policy]) => {
      const own = bindings.get(name);
      return own ? [{ policy, bindings: own, evaluator: this.#evaluatorOf(policy) }] : [];
    });
  }

  #evaluatorOf(policy: Readonly<P>): E {
    let evaluator = this.#compiled.get(policy);
    if (evaluator === undefined) {
      evaluator = this.#compile(policy);
      this.#compiled.set(policy, evaluator as E);
    }
    return evaluator as E; // set just above
  }
}

function sorted<T>(objects: ReadonlyMap<string, T>): [string, T][] {
  return [...objects].sort(([a], [b]) => (a < b ? -1 : 1));
}
