import { readFileSync } from "node:fs";
import {
  type Authorization,
  type AuthorizationOptions,
  type ConfiguredAuthorizer,
  createAuthorization,
} from "../auth/authorization.ts";
import { readAuthorizationConfiguration, type WebhookConfiguration } from "../auth/authorization-config.ts";
import type { ObjectWatch } from "../auth/object-watch.ts";
import { webhookAuthorizer } from "../auth/remote/webhook-authorizer.ts";
import { reviewClient, WEBHOOK_TIMEOUT_MILLISECONDS } from "./review-client.ts";
import type { ServerSettings } from "./settings.ts";

/** The authorizers that the settings ask for, running. @throws Error for a file that cannot be read */
export async function startAuthorization(
  settings: ServerSettings,
  watch: ObjectWatch,
  now: () => Date,
  onDecision: AuthorizationOptions["onDecision"],
): Promise<Authorization> {
  const { authorizationConfigFile: file } = settings;
  const authorizers = file ? await fromFile(file, now) : await fromFlags(settings, now);
  return createAuthorization({ authorizers, watch, onDecision });
}

/** Each named by its type, as upstream names those of flags. */
async function fromFlags(settings: ServerSettings, now: () => Date): Promise<ConfiguredAuthorizer[]> {
  const { authorizationModes: modes, authorizationWebhookConfigFile: kubeConfigFile } = settings;
  const webhook = kubeConfigFile
    ? await webhookOf(
        {
          kubeConfigFile,
          timeoutMilliseconds: WEBHOOK_TIMEOUT_MILLISECONDS,
          authorizedMilliseconds: settings.authorizationWebhookAuthorizedMilliseconds,
          unauthorizedMilliseconds: settings.authorizationWebhookUnauthorizedMilliseconds,
          subjectAccessReviewVersion: settings.authorizationWebhookVersion,
          failurePolicy: "NoOpinion",
          matchConditions: [],
        },
        now,
      )
    : undefined;
  return modes.map((type) => ({ type, name: type.toLowerCase(), ...(type === "Webhook" && webhook && { webhook }) }));
}

async function fromFile(file: string, now: () => Date): Promise<ConfiguredAuthorizer[]> {
  const { parse } = await import("yaml");
  try {
    const configuration = readAuthorizationConfiguration(parse(readFileSync(file, "utf8")));
    return await Promise.all(
      configuration.map(async ({ type, name, webhook }) => {
        if (!webhook) return { type, name };
        return { type, name, webhook: await webhookOf(webhook, now) };
      }),
    );
  } catch (cause) {
    throw new Error(`--authorization-config ${file}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

async function webhookOf(configuration: WebhookConfiguration, now: () => Date) {
  const { matchConditions, subjectAccessReviewVersion: version, ...rest } = configuration;
  // The engine is loaded where there is something to evaluate.
  const cel = matchConditions.length > 0 ? await import("../cel/access-review.ts") : undefined;
  return webhookAuthorizer({
    ...rest,
    client: await reviewClient(configuration.kubeConfigFile, configuration.timeoutMilliseconds),
    version,
    now,
    ...(cel && { matches: cel.compileReviewConditions(matchConditions) }),
  });
}
