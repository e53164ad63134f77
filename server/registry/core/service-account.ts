import type { ServiceAccount } from "../../../openapi/api/core.v1.ts";
import { tokenSubresource } from "../authentication/token-request.ts";
import { defineKind } from "../kind.ts";

const ENFORCE_MOUNTABLE = "kubernetes.io/enforce-mountable-secrets";

/** ServiceAccount, v1. Follows pkg/registry/core/serviceaccount. */
export const serviceAccount = defineKind<ServiceAccount>({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  returnsDeletedObject: true,
  updateChecks: ["changes", "whole"],
  subresources: { token: tokenSubresource },
  prepareForCreate: keepSecretNames,
  prepareForUpdate: keepSecretNames,
  warnings: ({ metadata }, old) =>
    metadata.annotations?.[ENFORCE_MOUNTABLE] === undefined ||
    old?.metadata.annotations?.[ENFORCE_MOUNTABLE] !== undefined
      ? []
      : [
          `metadata.annotations[${ENFORCE_MOUNTABLE}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
        ],
});

/** Of references to secrets only the name means anything. */
function keepSecretNames(object: ServiceAccount): void {
  object.secrets &&= object.secrets.map(({ name }) => (name ? { name } : {}));
}
