import type { IncomingHttpHeaders } from "node:http";
import type { Middleware } from "koa";
import type { UserInfo } from "../../auth/authenticator.ts";
import type { Attributes, Authorizer } from "../../auth/authorizer.ts";
import { badRequest } from "../../meta/errors.ts";
import { goQuote } from "../../meta/go-quote.ts";
import { writeError } from "../errors.ts";
import type { Ctx } from "../respond.ts";
import type { State } from "../state.ts";
import { forbiddenTo } from "./authorization.ts";

const EXTRA = "impersonate-extra-";
const NO_SNIFF = { "X-Content-Type-Options": "nosniff" };
const AUTHENTICATED = "system:authenticated";
const UNAUTHENTICATED = "system:unauthenticated";

/** `Impersonate-*` headers: the request goes on as somebody else, if each part is allowed. (filters/impersonation) */
export function impersonation({ authorizer }: { authorizer: Authorizer }): Middleware<State> {
  return (ctx, next) => {
    const { headers } = ctx.req;
    // Looked at by name: most requests have none, and walking all headers costs more than asking for three.
    if (!headers["impersonate-user"] && !headers["impersonate-group"] && !headers["impersonate-uid"]) {
      let found = false;
      for (const name in headers) if (name.startsWith(EXTRA)) found = true;
      if (!found) return next();
    }
    return impersonate(ctx, authorizer, next);
  };
}

async function impersonate(ctx: Ctx, authorizer: Authorizer, next: () => Promise<unknown>): Promise<void> {
  const wanted = wishes(ctx.req.headers, ctx.req.rawHeaders);
  if (!wanted.user) {
    const extra = Object.entries(wanted.extra);
    const extraText = extra.length
      ? `map[string][]string{${extra.map(([k, v]) => `${goQuote(k)}:[]string{${goQuotes(v)}}`).join(", ")}}`
      : "map[string][]string(nil)";
    const groups = wanted.groups.length ? `[]string{${goQuotes(wanted.groups)}}` : "[]string(nil)";
    const text = `requested &user.DefaultInfo{Name:"", UID:${goQuote(wanted.uid)}, Groups:${groups}, Extra:${extraText}} without impersonating a user name`;
    return writeError(ctx, badRequest(text), NO_SNIFF);
  }
  const requestor = ctx.state.user;
  for (const attributes of parts(requestor, wanted)) {
    const { decision, reason } = await authorizer.authorize(attributes);
    if (decision !== "allow") return writeError(ctx, forbiddenTo(attributes, reason), NO_SNIFF);
  }
  ctx.state.impersonator = requestor;
  ctx.state.user = become(wanted);
  for (const name of Object.keys(ctx.req.headers)) {
    if (name.startsWith("impersonate-")) ctx.req.headers[name] = undefined;
  }
  await next();
}

interface Wishes {
  user: string;
  /** When `user` names a service account. */
  serviceAccount?: { namespace: string; name: string };
  groups: string[];
  uid: string;
  extra: Record<string, string[]>;
}

/** Node joins repeated headers with commas, so values are read from the raw ones: group names may hold commas. */
function rawValues(raw: readonly string[], wanted: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (raw[i]!.toLowerCase() === wanted) values.push(raw[i + 1]!);
  }
  return values;
}

function wishes(headers: IncomingHttpHeaders, raw: readonly string[]): Wishes {
  const user = String(headers["impersonate-user"] ?? "");
  const extra: Record<string, string[]> = {};
  for (const name of Object.keys(headers)) {
    if (!name.startsWith(EXTRA)) continue;
    extra[unescapeKey(name.slice(EXTRA.length))] = rawValues(raw, name);
  }
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user);
  return {
    user,
    ...(account && { serviceAccount: { namespace: account[1]!, name: account[2]! } }),
    groups: rawValues(raw, "impersonate-group"),
    uid: String(headers["impersonate-uid"] ?? ""),
    extra,
  };
}

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** One authorization question for each thing that is taken over. */
function* parts(user: UserInfo, { user: name, serviceAccount, groups, uid, extra }: Wishes): Iterable<Attributes> {
  const ask = (resource: string, name: string, more: Partial<Attributes> = {}): Attributes => ({
    user,
    verb: "impersonate",
    resourceRequest: true,
    group: "",
    version: "v1",
    resource,
    subresource: "",
    namespace: "",
    name,
    path: "",
    ...more,
  });
  const authentication = { group: "authentication.k8s.io" };
  if (serviceAccount) yield ask("serviceaccounts", serviceAccount.name, { namespace: serviceAccount.namespace });
  else yield ask("users", name);
  for (const group of groups) yield ask("groups", group);
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values) yield ask("userextras", value, { ...authentication, subresource: key });
  }
  if (uid) yield ask("uids", uid, authentication);
}

function become({ user, serviceAccount, groups, uid, extra }: Wishes): UserInfo {
  const all = [...groups];
  if (serviceAccount && groups.length === 0) {
    all.push("system:serviceaccounts", `system:serviceaccounts:${serviceAccount.namespace}`);
  }
  if (user === "system:anonymous") {
    if (!all.includes(UNAUTHENTICATED)) all.push(UNAUTHENTICATED);
  } else if (!all.includes(AUTHENTICATED) && !all.includes(UNAUTHENTICATED)) {
    all.push(AUTHENTICATED);
  }
  return { name: user, groups: all, ...(uid && { uid }), ...(Object.keys(extra).length > 0 && { extra }) };
}

function goQuotes(values: readonly string[]): string {
  return values.map(goQuote).join(", ");
}
