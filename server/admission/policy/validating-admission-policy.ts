import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import { encodeAny } from "../../../openapi/encode.ts";
import { StatusError } from "../../meta/errors.ts";
import { Authorization } from "../cel/authorization.ts";
import { forbidden } from "../forbidden.ts";
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin } from "../plugin.ts";
import { type Invocation, type ServedVersions, VersionedObject } from "../webhook/versions.ts";
import { isUntouched, matchBinding, matchPolicy } from "./match.ts";
import { collectParams, type ParamSource, paramSource } from "./params.ts";
import { namespaceOf, policyInput } from "./policy-input.ts";
import type { PolicyHook, PolicySource } from "./policy-source.ts";
import type { Decision, Validator, Verdict } from "./validator.ts";

type Policy = ValidatingAdmissionPolicy;
type Binding = ValidatingAdmissionPolicyBinding;
type Hook = PolicyHook<Policy, Binding, Validator>;
export type ValidatingPolicies = PolicySource<Policy, Binding, Validator>;

const FAILURE_ANNOTATION = "validation.policy.admission.k8s.io/validation_failure";
const MAX_ANNOTATION_BYTES = 10 * 1024;
const CODES: ReadonlyMap<string, number> = new Map(
  Object.entries({ Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413 }),
);

/** Evaluates the policies that are bound to a request; the first that denies is told. (plugin/policy/validating) */
export function validatingAdmissionPolicy(policies: ValidatingPolicies, served: ServedVersions): AdmissionPlugin {
  return {
    name: "ValidatingAdmissionPolicy",
    operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
    validate(attributes, context) {
      const { hooks } = policies;
      if (hooks.length === 0 || isUntouched(attributes)) return;
      return new Dispatch(attributes, context, served).run(hooks);
    },
  };
}

/** One request on its way through the policies. */
class Dispatch {
  readonly #attributes: AdmissionAttributes;
  readonly #context: AdmissionContext;
  readonly #served: ServedVersions;
  readonly #authorization: Authorization;
  readonly #denials: { readonly policy: string; readonly binding?: string; readonly decision: Decision }[] = [];

  constructor(attributes: AdmissionAttributes, context: AdmissionContext, served: ServedVersions) {
    this.#attributes = attributes;
    this.#context = context;
    this.#served = served;
    this.#authorization = new Authorization(attributes.user, context.authorizer);
  }

  async run(hooks: readonly Hook[]): Promise<void> {
    for (const hook of hooks) await this.#policy(hook);
    const [denial] = this.#denials;
    if (!denial) return;
    const { policy, binding, decision } = denial;
    const by = `ValidatingAdmissionPolicy '${policy}'${binding === undefined ? "" : ` with binding '${binding}'`}`;
    const message = `${by} denied request: ${decision.message}`;
    const error = forbidden(this.#attributes, message, [{ message }]);
    const reason = decision.reason || "Invalid";
    throw new StatusError(CODES.get(reason) ?? 422, reason, error.message, error.details);
  }

  /** What is wrong with a policy or binding itself. */
  #misconfigured(error: unknown, policy: Readonly<Policy>, binding?: Readonly<Binding>): void {
    if (!(error instanceof Error)) throw error;
    if (policy.spec.failurePolicy === "Ignore") return;
    const what = binding ? "binding" : "policy";
    this.#deny(policy, binding, {
      action: "deny",
      message: `failed to configure ${what}: ${error.message}`,
      reason: "",
    });
  }

  #deny({ metadata }: Readonly<Policy>, binding: Readonly<Binding> | undefined, decision: Decision): void {
    const names = { policy: metadata.name ?? "", ...(binding && { binding: binding.metadata.name ?? "" }) };
    this.#denials.push({ ...names, decision });
  }

  async #policy({ policy, bindings, evaluator }: Hook): Promise<void> {
    const context = { ...this.#context, served: this.#served };
    let invocation: Invocation | undefined;
    let source: ParamSource | undefined;
    try {
      invocation = matchPolicy(policy, this.#attributes, context);
      if (!invocation) return;
      source = policy.spec.paramKind && paramSource(policy.spec.paramKind, context);
    } catch (error) {
      return this.#misconfigured(error, policy);
    }
    const annotations = new Map<string, Set<string>>();
    for (const binding of bindings) {
      for (const verdict of await this.#binding(binding, { policy, evaluator, invocation, source })) {
        this.#act(verdict, policy, binding);
        this.#collect(verdict, annotations, policy, binding);
      }
    }
    for (const [key, values] of annotations) {
      this.#attributes.annotate(`${policy.metadata.name}/${key}`, [...values].join(", "));
    }
  }

  /** @returns a verdict for each parameter */
  async #binding(
    binding: Readonly<Binding>,
    { policy, evaluator, invocation, source }: Pick<Hook, "policy" | "evaluator"> & Match,
  ): Promise<readonly Verdict[]> {
    const attributes = this.#attributes;
    const served = this.#served;
    const context = { ...this.#context, served };
    let params: ReturnType<typeof collectParams>;
    try {
      if (!matchBinding(binding, attributes, context)) return [];
      params = collectParams(source, binding.spec.paramRef, attributes.namespace, context);
    } catch (error) {
      this.#misconfigured(error, policy, binding);
      return [];
    }
    const namespace = namespaceOf(attributes, context.reader);
    const versioned = new VersionedObject(invocation.kind, served(attributes.group, attributes.resource));
    const objects = {
      object: attributes.object && versioned.fromStorage(attributes.object),
      oldObject: attributes.oldObject && versioned.fromStorage(attributes.oldObject),
    };
    const common = { attributes, invocation, served, namespace, authorizer: this.#authorization };
    const verdicts: Verdict[] = [];
    for (const param of params) verdicts.push(await evaluator(policyInput(objects, { ...common, params: param })));
    return verdicts;
  }

  #act({ decisions }: Verdict, policy: Readonly<Policy>, binding: Readonly<Binding>): void {
    const { validationActions = [], policyName } = binding.spec;
    const names = [policy.metadata.name, binding.metadata.name];
    for (const [expressionIndex, decision] of decisions.entries()) {
      if (decision.action === "admit") continue;
      for (const action of validationActions) {
        if (action === "Deny") this.#deny(policy, binding, decision);
        if (action === "Warn") {
          const by = `ValidatingAdmissionPolicy '${names[0]}' with binding '${names[1]}'`;
          this.#attributes.warn(`Validation failed for ${by}: ${decision.message}`);
        }
        if (action === "Audit") {
          const { message } = decision;
          const failure = { message, policy: policyName, binding: names[1], expressionIndex, validationActions };
          this.#attributes.annotate(FAILURE_ANNOTATION, encodeAny([failure]));
        }
      }
    }
  }

  /** Several bindings may say the same, or have more to say, under one key. */
  #collect(
    { auditAnnotations }: Verdict,
    annotations: Map<string, Set<string>>,
    policy: Readonly<Policy>,
    binding: Readonly<Binding>,
  ): void {
    for (const annotation of auditAnnotations) {
      if ("error" in annotation) {
        this.#deny(policy, binding, { action: "deny", message: annotation.error, reason: "" });
        continue;
      }
      const values = annotations.get(annotation.key) ?? new Set();
      annotations.set(annotation.key, values.add(cut(annotation.value)));
    }
  }
}

interface Match {
  readonly invocation: Invocation;
  readonly source: ParamSource | undefined;
}

function cut(value: string): string {
  const bytes = Buffer.from(value);
  return bytes.length > MAX_ANNOTATION_BYTES ? bytes.subarray(0, MAX_ANNOTATION_BYTES).toString() : value;
}
