import type { ValidatingWebhookConfiguration } from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import { defineKind } from "../kind.ts";
import { bumpGenerationExactly } from "../subresources.ts";
import { warningsForName } from "./static-names.ts";
import { defaultWebhook, validateWebhooks } from "./webhook-validation.ts";

/**
 * ValidatingWebhookConfiguration, admissionregistration.k8s.io/v1. Follows pkg/registry/admissionregistration and
 * pkg/apis/admissionregistration/{v1,validation}.
 */
export const validatingWebhookConfiguration = defineKind<ValidatingWebhookConfiguration>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingWebhookConfiguration",
  allowUnconditionalUpdate: false,
  defaults({ webhooks = [] }) {
    for (const hook of webhooks) {
      defaultWebhook(hook);
    }
  },
  prepareForCreate(object) {
    object.metadata.generation = 1;
  },
  prepareForUpdate: bumpGenerationExactly,
  validate: ({ webhooks }, { services }) => validateWebhooks(webhooks, undefined, services.checkExpression),
  updateChecks: ["whole", "own"],
  validateUpdate: ({ webhooks }, old, { services }) =>
    validateWebhooks(webhooks, old.webhooks ?? [], services.checkExpression),
  warnings: warningsForName,
});
