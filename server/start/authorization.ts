import { readFile } from "node:fs/promises";
import {
  type Authorization,
  type AuthorizationOptions,
  type ConfiguredAuthorizer,
  createAuthorization,
} from "../auth/authorization.ts";
import { readAuthorizationConfiguration, type WebhookConfiguration } from "../auth/authorization-config.ts";
import type { ObjectWatch } from "../auth/object-watch.ts";
import { webhookAuthorizer } from "../auth/remote/webhook-authorizer.ts";
import type { Series } from "../http/series.ts";
import type { Clock } from "../storage/clock.ts";
import { failureOf, followConfiguration } from "./follow-configuration.ts";
import { reviewClient, WEBHOOK_TIMEOUT_MILLISECONDS } from "./review-client.ts";
import type { ServerSettings } from "./settings.ts";

export interface AuthorizationParts {
  readonly settings: ServerSettings;
  readonly watch: ObjectWatch;
  readonly serverId: string;
  readonly clock: Clock;
  readonly now: () => Date;
  readonly onDecision: AuthorizationOptions["onDecision"];
  readonly onError: (message: string) => void;
}

/** Authorizers, and what there is to say of the file that names them. */
export interface RunningAuthorization extends Omit<Authorization, "replace"> {
  readonly series: readonly Series[];
}

/**
 * The authorizers that the settings ask for, running. A file is read again whenever it changes.
 * @throws Error for a file that cannot be read
 */
export async function startAuthorization(parts: AuthorizationParts): Promise<RunningAuthorization> {
  const { settings, watch, now, onDecision } = parts;
  const { authorizationConfigFile: file } = settings;
  if (file) return fromFile(file, parts);
  const authorizers = await fromFlags(settings, now);
  return { ...createAuthorization({ authorizers, watch, onDecision }), series: [] };
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

async function fromFile(file: string, parts: AuthorizationParts): Promise<RunningAuthorization> {
  const { watch, serverId, clock, now, onDecision, onError } = parts;
  const text = await readFile(file, "utf8");
  const authorizers = await parsed(text, now).catch((cause) => {
    throw new Error(`--authorization-config ${file}: ${cause.message}`, { cause });
  });
  const authorization = createAuthorization({ authorizers, watch, onDecision });
  const following = followConfiguration(file, {
    ...{ of: "authorization", text, serverId, clock, now, onError, failure: failureOf("authorization") },
    apply: async (changed) => authorization.replace(await parsed(changed, now)),
  });
  return {
    ...authorization,
    series: following.series,
    stop() {
      following.stop();
      authorization.stop();
    },
  };
}

async function parsed(text: string, now: () => Date): Promise<ConfiguredAuthorizer[]> {
  const { parse } = await import("yaml");
  return Promise.all(
    readAuthorizationConfiguration(parse(text)).map(async ({ type, name, webhook }) => {
      if (!webhook) return { type, name };
      return { type, name, webhook: await webhookOf(webhook, now) };
    }),
  );
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
