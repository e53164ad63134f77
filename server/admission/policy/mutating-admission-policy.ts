import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
} from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import { deepCopy, semanticEqual } from "../../meta/equality.ts";
import { StatusError } from "../../meta/errors.ts";
import type { KubeObject } from "../../meta/object.ts";
import { Authorization } from "../cel/authorization.ts";
import { forbidden } from "../forbidden.ts";
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin } from "../plugin.ts";
import { Reinvocation } from "../reinvocation.ts";
import { type Invocation, type ServedVersions, VersionedObject } from "../webhook/versions.ts";
import { isUntouched, matchBinding, matchPolicy } from "./match.ts";
import type { Mutator } from "./mutator.ts";
import { collectParams, paramSource } from "./params.ts";
import { namespaceOf, policyInput } from "./policy-input.ts";
import type { PolicyHook, PolicySource } from "./policy-source.ts";

type Policy = MutatingAdmissionPolicy;
type Binding = MutatingAdmissionPolicyBinding;
type Hook = PolicyHook<Policy, Binding, Mutator>;
export type MutatingPolicies = PolicySource<Policy, Binding, Mutator>;

const NAME = "MutatingAdmissionPolicy";

/** Applies the policies that are bound to a request, each seeing what those before it changed. (plugin/policy/mutating) */
export function mutatingAdmissionPolicy(policies: MutatingPolicies, served: ServedVersions): AdmissionPlugin {
  return {
    name: NAME,
    operations: ["CREATE", "UPDATE", "CONNECT"],
    admit(attributes, context) {
      const { hooks } = policies;
      if (hooks.length === 0 || isUntouched(attributes)) return;
      return new Dispatch(attributes, context, served).run(hooks);
    },
  };
}

/** One policy, binding and parameter. */
interface Turn {
  readonly hook: Hook;
  readonly binding: Readonly<Binding>;
  readonly invocation: Invocation;
  readonly params: KubeObject | undefined;
}

/** One request on its way through the policies. */
class Dispatch {
  readonly #attributes: AdmissionAttributes;
  readonly #context: AdmissionContext & { readonly served: ServedVersions };
  readonly #failures: { readonly message: string; readonly reason: string }[] = [];
  /** Kinds whose form of the object a mutation has been applied to, changing it or not. */
  readonly #patched = new Set<string>();
  /** The kind that the last policy saw. */
  #lastKind = "";

  constructor(attributes: AdmissionAttributes, context: AdmissionContext, served: ServedVersions) {
    this.#attributes = attributes;
    this.#context = { ...context, served };
  }

  async run(hooks: readonly Hook[]): Promise<void> {
    // Which policies are meant is told from the object as it came, before any of them changes it.
    const turns = hooks.flatMap((hook) => this.#turnsOf(hook));
    if (turns.length > 0) await this.#mutate(turns);
    const [first] = this.#failures;
    if (!first) return;
    const causes = this.#failures.map(({ message }) => ({ message }));
    const error = forbidden(this.#attributes, "", causes);
    throw new StatusError(error.code, first.reason || error.reason, first.message, error.details);
  }

  #fail(error: unknown, policy: Readonly<Policy>, more: { binding?: Readonly<Binding>; reason: string }): void {
    if (!(error instanceof Error)) throw error;
    if (policy.spec.failurePolicy === "Ignore") return;
    const { binding, reason } = more;
    const name = policy.metadata.name;
    const by = binding ? `policy '${name}' with binding '${binding.metadata.name}'` : `policy "${name}"`;
    this.#failures.push({ message: `${by} denied request: ${error.message}`, reason });
  }

  #turnsOf(hook: Hook): Turn[] {
    const { policy, bindings } = hook;
    const { paramKind } = policy.spec;
    const attributes = this.#attributes;
    const context = this.#context;
    const misconfigured = (error: unknown, binding?: Readonly<Binding>) => {
      const what = `failed to configure ${binding ? "binding" : "policy"}`;
      const wrapped = error instanceof Error ? new Error(`${what}: ${error.message}`) : error;
      this.#fail(wrapped, policy, { ...(binding && { binding }), reason: "" });
      return [];
    };
    try {
      const invocation = matchPolicy(policy, attributes, context);
      if (!invocation) return [];
      const source = paramKind && paramSource(paramKind, context);
      return bindings.flatMap((binding) => {
        try {
          if (!matchBinding(binding, attributes, context)) return [];
          const found = collectParams(source, binding.spec.paramRef, attributes.namespace, context);
          return found.map((params) => ({ hook, binding, invocation, params }));
        } catch (error) {
          return misconfigured(error, binding);
        }
      });
    } catch (error) {
      return misconfigured(error);
    }
  }

  async #mutate(turns: readonly Turn[]): Promise<void> {
    const attributes = this.#attributes;
    attributes.reinvocation ??= new Reinvocation();
    const { reinvocation } = attributes;
    const memory = reinvocation.of(NAME);
    if (reinvocation.isReinvoke) memory.resume(attributes.object);
    const namespace = namespaceOf(attributes, this.#context.reader);
    const authorizer = new Authorization(attributes.user, this.#context.authorizer);
    try {
      for (const turn of turns) {
        const before = deepCopy(attributes.object);
        const wasCalled = await this.#turn(turn, { namespace, authorizer, reinvocation });
        if (!wasCalled) continue;
        if (!semanticEqual(before, attributes.object)) {
          memory.requireInvoked();
          reinvocation.required = true;
        }
        if (turn.hook.policy.spec.reinvocationPolicy === "IfNeeded") memory.addInvoked(idOf(turn));
      }
      // Whoever mutates is asked again after all others, and so are plugins: even a policy that is alone.
      if (this.#patched.has(this.#lastKind)) {
        memory.requireInvoked();
        reinvocation.required = true;
      }
    } finally {
      memory.suspend(attributes.object);
    }
  }

  /** @returns whether the policy was evaluated */
  async #turn(
    turn: Turn,
    {
      reinvocation,
      ...more
    }: {
      readonly namespace: Readonly<KubeObject> | undefined;
      readonly authorizer: Authorization;
      readonly reinvocation: Reinvocation;
    },
  ): Promise<boolean> {
    const { hook, binding, invocation, params } = turn;
    const { policy, evaluator } = hook;
    const attributes = this.#attributes;
    const { served } = this.#context;
    const kinds = served(attributes.group, attributes.resource);
    const versioned = new VersionedObject(invocation.kind, kinds);
    const oldObject = attributes.oldObject && versioned.fromStorage(attributes.oldObject);
    const input = () => {
      const object = attributes.object && versioned.fromStorage(attributes.object);
      const values = policyInput({ object, oldObject }, { attributes, invocation, served, params, ...more });
      return { object, ...values };
    };
    try {
      if (evaluator.conditions && !(await evaluator.conditions(input().conditions))) return false;
    } catch (error) {
      this.#fail(error, policy, { binding, reason: "Invalid" });
      return false;
    }
    if (reinvocation.isReinvoke && !reinvocation.of(NAME).isDue(idOf(turn))) return false;
    const kind = kindText(invocation);
    for (const patch of evaluator.patchers) {
      this.#lastKind = kind;
      const { object, bindings } = input();
      if (!object) continue;
      try {
        attributes.object = await patch({ object, bindings, kind: invocation.kind, served: kinds, versioned });
        this.#patched.add(kind);
      } catch (error) {
        if (error instanceof StatusError) throw error;
        this.#fail(error, policy, { binding, reason: "Invalid" });
      }
    }
    return true;
  }
}

function idOf({ hook, binding, params }: Turn): string {
  const { namespace = "", name = "" } = params?.metadata ?? {};
  return [hook.policy.metadata.name, binding.metadata.name, namespace, name].join("/");
}

function kindText({ kind: { group, version, kind } }: Invocation): string {
  return `${group}/${version}/${kind}`;
}
