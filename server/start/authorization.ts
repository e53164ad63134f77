import { type Authorization, type AuthorizationOptions, createAuthorization } from "../auth/authorization.ts";
import type { ObjectWatch } from "../auth/object-watch.ts";
import { kubeconfigClient } from "../auth/remote/kubeconfig-client.ts";
import { webhookAuthorizer } from "../auth/remote/webhook-authorizer.ts";
import type { ServerSettings } from "./settings.ts";

const WEBHOOK_TIMEOUT_MILLISECONDS = 30_000;

/** The authorizers that the settings ask for, running. @throws Error for a webhook's file that cannot be read */
export async function startAuthorization(
  settings: ServerSettings,
  watch: ObjectWatch,
  now: () => Date,
  onDecision: AuthorizationOptions["onDecision"],
): Promise<Authorization> {
  const { authorizationModes: modes, authorizationWebhookConfigFile: file } = settings;
  const webhook = file
    ? webhookAuthorizer({
        client: await kubeconfigClient(file, WEBHOOK_TIMEOUT_MILLISECONDS),
        authorizedMilliseconds: settings.authorizationWebhookAuthorizedMilliseconds,
        unauthorizedMilliseconds: settings.authorizationWebhookUnauthorizedMilliseconds,
        now,
      })
    : undefined;
  return createAuthorization({ modes, watch, webhook, onDecision });
}
