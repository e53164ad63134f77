import type { StatusError } from "../meta/errors.ts";
import { goQuote } from "../meta/go-quote.ts";
import { validateDNS1123Subdomain } from "../meta/names.ts";
import type { UserInfo } from "./authenticator.ts";
import type { Attributes, Authorizer, Decision } from "./authorizer.ts";
import {
  NODE_USER_PREFIX,
  SYSTEM_ANONYMOUS,
  SYSTEM_AUTHENTICATED,
  SYSTEM_MASTERS,
  SYSTEM_NODES,
  SYSTEM_UNAUTHENTICATED,
  serviceAccountGroups,
  splitServiceAccountUserName,
} from "./well-known.ts";

/** The headers, as they came: nothing added. */
export interface WantedUser {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** Who the request goes on as, and by which right: the verb, "" for plain `impersonate`. */
export interface Impersonated {
  readonly user: UserInfo;
  readonly constraint: string;
}

/** Words of a refused question. */
export type ForbiddenTo = (attributes: Attributes, reason: string) => StatusError;

/** One way of being allowed: undefined when it is not for this user. @throws StatusError 403 */
type Mode = (wanted: WantedUser, request: Attributes) => Promise<Impersonated | undefined>;

const AUTHENTICATION = { group: "authentication.k8s.io", version: "v1" };
const CORE = { group: "", version: "v1" };
/** From so many questions on, the right to all is asked for first. */
const MANY = 4;
const REMEMBERED = 10_000;

/**
 * Decides whether a request may go on as somebody else. First by the narrow rights of KEP-5284, which are for one kind
 * of user and one verb (`impersonate:serviceaccount` and `impersonate-on:serviceaccount:list`), last by the old right
 * to `impersonate`. (apiserver/pkg/endpoints/filters/impersonation)
 */
export class Impersonation {
  readonly #modes: readonly Mode[];
  /** The way that last worked for a requestor is tried first, and its refusal is the one that is told. */
  readonly #lastMode = new Map<string, number>();

  constructor(authorizer: Authorizer, forbiddenTo: ForbiddenTo) {
    const ask = asker(authorizer, forbiddenTo);
    this.#modes = [
      associatedNode(ask),
      constrained(ask, "arbitrary-node", (wanted) => isOnlyName(wanted) && nodeName(wanted.name) !== undefined),
      constrained(ask, "serviceaccount", (wanted) => isOnlyName(wanted) && isServiceAccount(wanted.name)),
      constrained(ask, "user-info", ({ name }) => nodeName(name) === undefined && !isServiceAccount(name)),
      async (wanted, { user }) => ({ user: await takeParts(ask, wanted, user, "impersonate", CORE), constraint: "" }),
    ];
  }

  /** @param request what the requestor wants to do as the other. @throws StatusError 403 */
  async decide(wanted: WantedUser, request: Attributes): Promise<Impersonated> {
    const last = this.#lastMode.get(request.user.name);
    const all = this.#modes.map((_, index) => index);
    const order = last === undefined ? all : [last, ...all.filter((index) => index !== last)];
    let firstError: unknown;
    for (const index of order) {
      try {
        const impersonated = await this.#modes[index]!(wanted, request);
        if (!impersonated) continue;
        this.#remember(request.user.name, index);
        return impersonated;
      } catch (error) {
        firstError ??= error;
      }
    }
    throw firstError ?? new Error("all impersonation modes failed");
  }

  #remember(name: string, mode: number): void {
    this.#lastMode.delete(name);
    if (this.#lastMode.size >= REMEMBERED) this.#lastMode.delete(this.#lastMode.keys().next().value!);
    this.#lastMode.set(name, mode);
  }
}

/** 400 for groups, uid or extra of nobody: Go prints the struct. */
export function withoutNameMessage({ name, uid, groups, extra }: WantedUser): string {
  const list = (values: readonly string[]) => `[]string{${values.map(goQuote).join(", ")}}`;
  const entries = Object.entries(extra).sort(([a], [b]) => (a < b ? -1 : 1));
  const map = entries.map(([key, values]) => `${goQuote(key)}:${list(values)}`).join(", ");
  return (
    `requested &user.DefaultInfo{Name:${goQuote(name)}, UID:${goQuote(uid)}, ` +
    `Groups:${groups.length ? list(groups) : "[]string(nil)"}, ` +
    `Extra:${entries.length ? `map[string][]string{${map}}` : "map[string][]string(nil)"}} without impersonating a user name`
  );
}

/** Asks the authorizer; refused means 403. */
type Ask = (attributes: Attributes) => Promise<void>;

function asker(authorizer: Authorizer, forbiddenTo: ForbiddenTo): Ask & { readonly refuse: ForbiddenTo } {
  const ask = async (attributes: Attributes) => {
    const { decision, reason, error }: Decision = await authorizer.authorize(attributes);
    if (decision === "allow") return;
    throw forbiddenTo(attributes, error && reason ? `${error}: ${reason}` : error || reason);
  };
  return Object.assign(ask, { refuse: forbiddenTo });
}

function constrained(ask: ReturnType<typeof asker>, mode: string, isFor: (wanted: WantedUser) => boolean): Mode {
  const verb = `impersonate:${mode}`;
  return async (wanted, request) => {
    if (!isFor(wanted)) return undefined;
    await ask({ ...request, verb: `impersonate-on:${mode}:${request.verb}` });
    return { user: await takeParts(ask, wanted, request.user, verb, AUTHENTICATION), constraint: verb };
  };
}

/** A service account may be let act as the node that its own Pod runs on, whichever that is. */
function associatedNode(ask: ReturnType<typeof asker>): Mode {
  // The right must not depend on the node, so neither may the questions.
  const askOfAny = (attributes: Attributes) =>
    ask(attributes.verb === "impersonate:associated-node" ? { ...attributes, name: "*" } : attributes);
  const mode = constrained(Object.assign(askOfAny, { refuse: ask.refuse }), "associated-node", () => true);
  return async (wanted, request) => {
    const { name, extra = {} } = request.user;
    const node = nodeName(wanted.name);
    const [own, ...more] = extra["authentication.kubernetes.io/node-name"] ?? [];
    const isOwn = node !== undefined && own === node && !more.length;
    if (!isOwn || !isOnlyName(wanted) || !isServiceAccount(name)) return undefined;
    const keys = { "authentication.kubernetes.io/associated-node-keys": Object.keys(extra).sort() };
    return mode(wanted, { ...request, user: { ...request.user, extra: keys } });
  };
}

/** One question for each thing that is taken over. @returns the user that the request goes on as */
async function takeParts(
  ask: ReturnType<typeof asker>,
  wanted: WantedUser,
  requestor: UserInfo,
  verb: string,
  nameVersion: { readonly group: string; readonly version: string },
): Promise<UserInfo> {
  const isConstrained = nameVersion === AUTHENTICATION;
  const part = (version: typeof nameVersion, resource: string, name: string, subresource = "", namespace = "") => ({
    user: requestor,
    verb,
    resourceRequest: true,
    ...version,
    resource,
    subresource,
    namespace,
    name,
    path: "",
  });
  const account = splitServiceAccountUserName(wanted.name);
  const node = isConstrained ? nodeName(wanted.name) : undefined;
  if (node !== undefined) await ask(part(nameVersion, "nodes", node));
  else if (account) await ask(part(nameVersion, "serviceaccounts", account.name, "", account.namespace));
  else await ask(part(nameVersion, "users", wanted.name));
  if (wanted.uid) await ask(part(AUTHENTICATION, "uids", wanted.uid));

  const group = (name: string) => part(nameVersion, "groups", name);
  if (isConstrained) {
    if (wanted.groups.includes("")) throw ask.refuse(group(""), "impersonating the empty string group is not allowed");
    if (wanted.groups.includes(SYSTEM_MASTERS)) {
      throw ask.refuse(group(SYSTEM_MASTERS), "impersonating the system:masters group is not allowed");
    }
  }
  await askAll(ask, wanted.groups.map(group), isConstrained ? group("*") : undefined);

  const extra = (key: string, value: string) => part(AUTHENTICATION, "userextras", value, key);
  if (isConstrained) {
    const problem = extraProblem(wanted.extra);
    if (problem) throw ask.refuse(extra("", ""), problem);
  }
  const extras = Object.entries(wanted.extra).flatMap(([key, values]) => values.map((value) => extra(key, value)));
  await askAll(ask, extras, isConstrained ? extra("*", "*") : undefined);

  const groups = [
    ...wanted.groups,
    ...(node !== undefined ? [SYSTEM_NODES] : []),
    ...(account && !wanted.groups.length ? serviceAccountGroups(account.namespace) : []),
  ];
  const last = wanted.name === SYSTEM_ANONYMOUS ? SYSTEM_UNAUTHENTICATED : SYSTEM_AUTHENTICATED;
  const known = groups.includes(last) || groups.includes(SYSTEM_UNAUTHENTICATED);
  return {
    name: wanted.name,
    ...(wanted.uid && { uid: wanted.uid }),
    groups: known ? groups : [...groups, last],
    ...(Object.keys(wanted.extra).length && { extra: wanted.extra }),
  };
}

async function askAll(ask: Ask, questions: readonly Attributes[], wildcard: Attributes | undefined): Promise<void> {
  if (wildcard && questions.length >= MANY) {
    const all = await ask(wildcard).then(
      () => true,
      () => false,
    );
    if (all) return;
  }
  for (const question of questions) await ask(question);
}

function extraProblem(extra: WantedUser["extra"]): string {
  for (const [key, values] of Object.entries(extra)) {
    if (!key) return "impersonating the empty string key in extra is not allowed";
    const path = domainPathProblem(key);
    if (path) return `impersonating an invalid key in extra is not allowed: extra.key: Invalid value: ${path}`;
    if (key !== key.toLowerCase()) return `impersonating a non-lowercase key in extra is not allowed: ${goQuote(key)}`;
    if (!values.length) return "impersonating empty values in extra is not allowed";
    if (values.includes("")) return "impersonating the empty string value in extra is not allowed";
  }
  return "";
}

/** (apimachinery/pkg/util/validation IsDomainPrefixedPath) */
function domainPathProblem(key: string): string {
  const slash = key.indexOf("/");
  if (slash <= 0 || slash === key.length - 1) {
    return `${goQuote(key)}: must be a domain-prefixed path (such as "acme.io/foo")`;
  }
  const [message] = validateDNS1123Subdomain(key.slice(0, slash));
  return message ? `${goQuote(key.slice(0, slash))}: ${message}` : "";
}

const isOnlyName = ({ uid, groups, extra }: WantedUser): boolean =>
  !uid && !groups.length && !Object.keys(extra).length;
const isServiceAccount = (name: string): boolean => splitServiceAccountUserName(name) !== undefined;

function nodeName(user: string): string | undefined {
  if (!user.startsWith(NODE_USER_PREFIX)) return undefined;
  const name = user.slice(NODE_USER_PREFIX.length);
  return validateDNS1123Subdomain(name).length ? undefined : name;
}
