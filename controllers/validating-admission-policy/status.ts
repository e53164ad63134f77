import {
  type ControllerContext,
  type CustomController,
  itemExponentialFailure,
  keyOf,
  WorkQueue,
} from "../../client/index.ts";
import type {
  ExpressionWarning,
  ValidatingAdmissionPolicy,
} from "../../openapi/api/admissionregistration.k8s.io.v1.ts";
import { createSchemaSource } from "./kinds.ts";

const RESOURCE = "admissionregistration.k8s.io/v1/validatingadmissionpolicies";
const MANAGER = "validatingadmissionpolicy-status";
const BASE_DELAY_MS = 5;
const MAX_DELAY_MS = 1_000_000;

/** A kind, and the schemas of the OpenAPI v3 document of its version. */
export interface DescribedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly schemas: Readonly<Record<string, unknown>>;
}

/** Finds mistakes in the expressions of a policy that show only when types are known. */
export type CheckPolicyTypes = (
  policy: Readonly<ValidatingAdmissionPolicy>,
  types: { readonly kinds: readonly DescribedKind[]; readonly params?: DescribedKind; readonly suffix: string },
) => Promise<readonly ExpressionWarning[]>;

/**
 * Tells in `status.typeChecking` what does not fit in a policy's expressions, once for each generation. Follows
 * pkg/controller/validatingadmissionpolicystatus.
 */
export function validatingAdmissionPolicyStatusController(check: CheckPolicyTypes): CustomController {
  return {
    name: "validatingadmissionpolicy-status-controller",
    start({ client, informers, clock, logger, queueMetrics }: ControllerContext) {
      const queue = new WorkQueue(
        clock,
        itemExponentialFailure(BASE_DELAY_MS, MAX_DELAY_MS),
        queueMetrics?.("validatingadmissionpolicy-status-controller"),
      );
      const policies = informers.get(RESOURCE);
      const source = createSchemaSource(client.transport);
      const offer = (policy: ValidatingAdmissionPolicy) => queue.add(keyOf(policy));
      policies.addHandler({ added: offer, updated: offer, deleted: () => {} });

      const reconcile = async (policy: ValidatingAdmissionPolicy) => {
        const { generation = 0, name = "" } = policy.metadata;
        if (generation <= (policy.status.observedGeneration ?? 0)) return;
        const types = await source.kindsOf(policy.spec);
        const suffix = String(clock.now().getMilliseconds() * 1_000_000);
        const warnings = await check(policy, { ...types, suffix });
        const typeChecking = warnings.length > 0 ? { expressionWarnings: warnings } : {};
        await client.patch(
          RESOURCE,
          { name, subresource: "status" },
          {
            apiVersion: "admissionregistration.k8s.io/v1",
            kind: "ValidatingAdmissionPolicy",
            metadata: { name },
            status: { observedGeneration: generation, typeChecking },
          },
          { type: "apply", fieldManager: MANAGER, force: true },
        );
      };
      const work = async () => {
        for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
          const policy = policies.lister.get(key);
          try {
            if (policy) await reconcile(policy);
            queue.forget(key);
          } catch (error) {
            logger.warn({ err: error, key }, "type checking failed, trying again");
            queue.addRateLimited(key);
          }
          queue.done(key);
        }
      };
      void work();
      return { stop: () => queue.stop() };
    },
  };
}
