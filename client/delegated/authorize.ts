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
const MAX_KEPT = 1_000;

/** Says no by throwing. @throws StatusError 403 */
export type Authorize = (user: User, attributes: Attributes) => Promise<void>;

/** Paths that anybody may ask for unless others are named. (DelegatingAuthorizationOptions AlwaysAllowPaths) */
export const OPEN_PATHS: readonly string[] = ["/healthz", "/readyz", "/livez"];

/**
 * Asks the API server whether somebody may do something.
 *
 * @param open paths that anybody may ask for; `*` at the end of one stands for whatever follows
 */
export function createAuthorizer(client: Client, clock: Clock, open: readonly string[]): Authorize {
  const isOpen = openPaths(open);
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

  return async (user, attributes) => {
    if (user.groups.includes("system:masters")) return;
    if ("path" in attributes && isOpen(attributes.path)) return;
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

/** (apiserver/pkg/authorization/path) @throws Error when a `*` stands anywhere but at the end */
function openPaths(open: readonly string[]): (path: string) => boolean {
  const bare = (path: string) => path.replace(/^\//, "");
  const wrong = open.find((path) => /\*./.test(path));
  if (wrong !== undefined) throw new Error(`only trailing * allowed in ${JSON.stringify(wrong)}`);
  const exact = new Set(open.map(bare));
  const prefixes = open.filter((path) => path.endsWith("*")).map((path) => bare(path.slice(0, -1)));
  return (path) => exact.has(bare(path)) || prefixes.some((prefix) => bare(path).startsWith(prefix));
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
