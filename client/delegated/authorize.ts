import type { Client } from "../client.ts";
import type { Clock } from "../clock.ts";
import type { ApiObject } from "../resource.ts";
import type { User } from "./front-proxy.ts";
import { StatusError } from "./status-error.ts";

/** What somebody wants to do here. */
export type Attributes =
  | {
      readonly verb: string;
      readonly group: string;
      readonly version: string;
      readonly resource: string;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
    }
  | { readonly verb: string; readonly path: string };

/** Verdicts are asked for again after this many ms. (apiserver/pkg/server/options/authorization.go) */
const KEPT = 10_000;
/** Whoever may ask at all. (DelegatingAuthorizationOptions AlwaysAllowPaths) */
const OPEN = new Set(["/healthz", "/readyz", "/livez"]);
const MAX_KEPT = 1_000;

/** Asks the API server whether somebody may do something. */
export function createAuthorizer(client: Client, clock: Clock) {
  const verdicts = new Map<string, { readonly until: number; readonly allowed: Promise<boolean> }>();

  async function review({ name, groups, uid, extra }: User, attributes: Attributes): Promise<boolean> {
    const answer = await client.create("authorization.k8s.io/v1/subjectaccessreviews", {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      metadata: {},
      spec: {
        user: name,
        groups,
        ...(uid && { uid }),
        extra,
        ...("path" in attributes ? { nonResourceAttributes: attributes } : { resourceAttributes: attributes }),
      },
    } as ApiObject);
    return (answer as { status?: { allowed?: boolean } }).status?.allowed === true;
  }

  /** @throws StatusError 403 */
  return async (user: User, attributes: Attributes): Promise<void> => {
    if (user.groups.includes("system:masters")) return;
    if ("path" in attributes && OPEN.has(attributes.path)) return;
    const key = JSON.stringify([user, attributes]);
    const now = clock.now().getTime();
    let verdict = verdicts.get(key);
    if (!verdict || verdict.until < now) {
      if (verdicts.size >= MAX_KEPT) verdicts.clear();
      verdict = { until: now + KEPT, allowed: review(user, attributes) };
      verdict.allowed.catch(() => verdicts.delete(key));
      verdicts.set(key, verdict);
    }
    if (!(await verdict.allowed)) throw forbidden(user, attributes);
  };
}

function forbidden({ name: user }: User, attributes: Attributes): StatusError {
  const who = `User ${JSON.stringify(user)} cannot`;
  if ("path" in attributes) {
    const { verb, path } = attributes;
    return new StatusError(403, "Forbidden", `forbidden: ${who} ${verb} path ${JSON.stringify(path)}`, {});
  }
  const { verb, group, resource, subresource, namespace, name } = attributes;
  const whole = `${resource}${subresource ? `/${subresource}` : ""}`;
  const where = namespace ? `in the namespace ${JSON.stringify(namespace)}` : "at the cluster scope";
  const what = `${group ? `${resource}.${group}` : resource}${name ? ` ${JSON.stringify(name)}` : ""} is forbidden`;
  return new StatusError(
    403,
    "Forbidden",
    `${what}: ${who} ${verb} resource ${JSON.stringify(whole)} in API group ${JSON.stringify(group)} ${where}`,
    { ...(name && { name }), ...(group && { group }), kind: resource },
  );
}
