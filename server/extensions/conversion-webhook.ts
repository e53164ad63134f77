import type { WebhookConversion } from "../../openapi/api/apiextensions.k8s.io.v1.ts";
import { encodeSorted } from "../../openapi/encode.ts";
import type { WebhookClient } from "../admission/webhook/client.ts";
import { deepCopy } from "../meta/equality.ts";
import { internalError, StatusError } from "../meta/errors.ts";
import { aggregateMessage } from "../meta/field-error.ts";
import { validateLabels } from "../meta/label-validation.ts";
import type { KubeObject, UnstructuredObject } from "../meta/object.ts";
import { validateAnnotations } from "../meta/object-meta.ts";
import { isObject } from "../registry/apiextensions/schema/json-schema.ts";
import type { Convert } from "./webhook-conversion.ts";

const GROUP = "apiextensions.k8s.io";
const KNOWN_VERSIONS = ["v1", "v1beta1"];
const TIMEOUT_SECONDS = 30;

export interface ConversionEnvironment {
  readonly client: WebhookClient;
  newId(): string;
}

/** Asks a webhook to convert. (apiextensions-apiserver/pkg/apiserver/conversion/webhook_converter.go) */
export function webhookConverter(webhook: WebhookConversion, { client, newId }: ConversionEnvironment): Convert {
  const version = webhook.conversionReviewVersions?.find((each) => KNOWN_VERSIONS.includes(each));
  return async (objects, apiVersion) => {
    const [first] = objects;
    if (!first) return [];
    if (!version) throw plain("no supported conversion review versions");
    const about = `conversion webhook for ${first.apiVersion}, Kind=${first.kind}`;
    const uid = newId();
    const review = {
      kind: "ConversionReview",
      apiVersion: `${GROUP}/${version}`,
      request: { uid, desiredAPIVersion: apiVersion, objects },
    };
    let answered: readonly unknown[];
    try {
      const { clientConfig = {} } = webhook;
      const answer = await client.post(clientConfig, encodeSorted(review), TIMEOUT_SECONDS);
      answered = convertedOf(answer, uid, version);
    } catch (error) {
      throw plain(`${about} failed: ${error instanceof Error ? error.message : error}`);
    }
    if (answered.length !== objects.length) {
      throw plain(`${about} returned ${answered.length} objects, expected ${objects.length}`);
    }
    return objects.map((object, index) => {
      try {
        return checked(object, answered[index], apiVersion);
      } catch (error) {
        if (error instanceof StatusError) throw error;
        const where = objects.length === 1 ? "object" : `converted object at index ${index}`;
        throw plain(`${about} returned invalid ${where}: ${error instanceof Error ? error.message : error}`);
      }
    });
  };
}

/** Upstream's plain errors become this. */
function plain(message: string): StatusError {
  return new StatusError(500, "", message);
}

function convertedOf(answer: unknown, uid: string, version: string): readonly unknown[] {
  const review = isObject(answer) ? answer : {};
  const response = review.response;
  if (version === "v1" && (review.kind !== "ConversionReview" || review.apiVersion !== `${GROUP}/v1`)) {
    const wanted = `${GROUP}/v1, Kind=ConversionReview`;
    throw new Error(
      `expected webhook response of ${wanted}, got ${review.apiVersion ?? ""}, Kind=${review.kind ?? ""}`,
    );
  }
  if (!isObject(response)) throw new Error("no response provided");
  if (version === "v1" && response.uid !== uid) {
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? "")}`);
  }
  const result = isObject(response.result) ? response.result : {};
  if (result.status !== "Success") {
    const message = typeof result.message === "string" ? result.message : "";
    throw new Error(message || `response.result.status was '${result.status ?? ""}', not 'Success'`);
  }
  return Array.isArray(response.convertedObjects) ? response.convertedObjects : [];
}

/** A webhook may change everything but the identity, and of metadata only labels and annotations. */
function checked(original: Readonly<KubeObject>, answer: unknown, apiVersion: string): KubeObject {
  if (!isObject(answer)) throw new Error("not an object");
  const converted = answer as unknown as UnstructuredObject; // looked through below
  const { metadata } = answer;
  if (converted.apiVersion !== apiVersion) {
    throw new Error(`invalid groupVersion (expected ${apiVersion}, received ${converted.apiVersion ?? ""})`);
  }
  if (converted.kind !== original.kind) {
    throw new Error(`invalid kind (expected ${original.kind}, received ${converted.kind ?? ""})`);
  }
  if (!isObject(metadata)) throw new Error("missing metadata in converted object");
  for (const [field, name] of [
    ["name", "name"],
    ["namespace", "namespace"],
    ["uid", "UID"],
  ] as const) {
    const [before, after] = [original.metadata[field] ?? "", metadata[field] ?? ""];
    if (before !== after) throw new Error(`must have the same ${name}: ${before} != ${after}`);
  }
  const kept = deepCopy(original.metadata);
  for (const field of ["labels", "annotations"] as const) {
    const values = metadata[field];
    delete kept[field];
    if (values === undefined || values === null) continue;
    if (!isObject(values)) throw new Error(`invalid metadata.${field} in converted object`);
    for (const [key, value] of Object.entries(values)) {
      if (typeof value !== "string") throw new Error(`metadata.${field}[${key}] must be a string in converted object`);
    }
    const texts = values as Record<string, string>; // checked just above
    const errors =
      field === "labels" ? validateLabels(texts, "metadata.labels") : validateAnnotations(texts, "metadata.annotation");
    if (errors.length > 0) throw new Error(aggregateMessage(errors));
    kept[field] = texts;
  }
  return { ...converted, metadata: kept };
}

/** For definitions that ask for a webhook but do not name one. */
export function brokenConverter(): Convert {
  return async () => {
    throw internalError("the definition names no conversion webhook");
  };
}
