import type { IncomingMessage } from "node:http";
import { type Authorize, extraOf, StatusError, type User, valuesByName, withAuthenticated } from "../client/index.ts";

const NAMES: ReadonlySet<string> = new Set(["impersonate-user", "impersonate-uid", "impersonate-group"]);
const EXTRA = "impersonate-extra-";
const ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;
const CORE = { group: "", version: "v1" };
const AUTHENTICATION = { group: "authentication.k8s.io", version: "v1" };

/**
 * Whom a request goes on as: somebody else, where `Impersonate-*` headers ask for it and the requestor has the right to
 * take over each part. (apiserver/pkg/endpoints/filters/impersonation)
 * @throws StatusError 400 without a name, 403
 */
export async function impersonated(user: User, request: IncomingMessage, authorize: Authorize): Promise<User> {
  const wanted = wishes(request);
  if (!wanted) return user;
  if (!wanted.name)
    throw new StatusError(400, "BadRequest", "requested impersonation without impersonating a user name");
  const take = (
    of: typeof CORE,
    resource: string,
    name: string,
    more: { subresource?: string; namespace?: string } = {},
  ) => authorize(user, { verb: "impersonate", ...of, resource, subresource: "", namespace: "", name, ...more });
  const [, namespace = "", account = ""] = ACCOUNT.exec(wanted.name) ?? [];
  if (account) await take(CORE, "serviceaccounts", account, { namespace });
  else await take(CORE, "users", wanted.name);
  for (const group of wanted.groups) await take(CORE, "groups", group);
  if (wanted.uid) await take(AUTHENTICATION, "uids", wanted.uid);
  for (const [key, values] of Object.entries(wanted.extra)) {
    for (const value of values) await take(AUTHENTICATION, "userextras", value, { subresource: key });
  }
  const ofAccount = account && wanted.groups.length === 0;
  const groups = ofAccount ? ["system:serviceaccounts", `system:serviceaccounts:${namespace}`] : wanted.groups;
  const isAnonymous = wanted.name === "system:anonymous" && !groups.includes("system:unauthenticated");
  return { ...wanted, groups: withAuthenticated(isAnonymous ? [...groups, "system:unauthenticated"] : groups) };
}

/** What the headers ask for. @returns undefined when there are none */
function wishes({ rawHeaders }: IncomingMessage): User | undefined {
  const headers = valuesByName(rawHeaders);
  if (![...headers.keys()].some((name) => NAMES.has(name) || name.startsWith(EXTRA))) return undefined;
  const [name = ""] = headers.get("impersonate-user") ?? [];
  const [uid] = headers.get("impersonate-uid") ?? [];
  const groups = headers.get("impersonate-group") ?? [];
  return { name, groups, ...(uid && { uid }), extra: extraOf(headers, [EXTRA]) };
}
