import { type Action, defineController, type Key, type Lister } from "../../client/index.ts";
import type { Secret } from "../../openapi/api/core.v1.ts";
import { expiresInMs, TOKEN_TYPE } from "./token.ts";

/** A timer holds no more than 2³¹ milliseconds. */
const LONGEST_WAIT_MS = 24 * 3_600_000;

/** Deletes bootstrap tokens that have expired. Follows pkg/controller/bootstrap/tokencleaner.go. */
export function reconcile(key: Key, { secrets }: { secrets: Lister<Secret> }, now: Date): Action[] {
  const secret = secrets.get(key);
  if (secret?.type !== TOKEN_TYPE || secret.metadata.namespace !== "kube-system") return [];
  const left = expiresInMs(secret, now);
  if (left <= 0) return [{ do: "delete", resource: "v1/secrets", object: secret }];
  return Number.isFinite(left) ? [{ do: "requeue", afterMs: Math.min(left, LONGEST_WAIT_MS) }] : [];
}

export const tokenCleanerController = defineController<{ secrets: Lister<Secret> }>({
  name: "token-cleaner-controller",
  watches: { for: "v1/secrets" },
  listers: (get) => ({ secrets: get("v1/secrets") }),
  reconcile: (key, listers, { now }) => reconcile(key, listers, now),
});
