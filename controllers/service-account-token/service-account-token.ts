import {
  type Action,
  type ApiObject,
  defineController,
  isNotFound,
  type Lister,
  mapping,
  type Result,
} from "../../client/index.ts";
import type { Secret, ServiceAccount } from "../../openapi/api/core.v1.ts";
import { ACCOUNT_NAME, ACCOUNT_UID, TOKEN_TYPE } from "./secret.ts";
import type { SecretTokenSubject } from "./token.ts";

const ACCOUNTS = "v1/serviceaccounts";
const SECRETS = "v1/secrets";

interface Listers {
  accounts: Lister<ServiceAccount>;
  secrets: Lister<Secret>;
}

/** What is known of a Secret after it has gone, too: keys are this as JSON. */
interface Reference {
  namespace: string;
  name: string;
  uid: string;
  account: string;
  accountUid: string;
}

/** What goes into Secrets besides names. */
export interface TokenSource {
  /** PEM; "" when Secrets shall have none. */
  readonly rootCa: string;
  token(subject: SecretTokenSubject): string;
}

const base64 = (text: string) => Buffer.from(text, "utf8").toString("base64");

function keyOf({ metadata }: Readonly<Secret>): string {
  const { namespace = "", name = "", uid = "", annotations = {} } = metadata;
  const reference: Reference = {
    namespace,
    name,
    uid,
    account: annotations[ACCOUNT_NAME] ?? "",
    accountUid: annotations[ACCOUNT_UID] ?? "",
  };
  return JSON.stringify(reference);
}

const isAccount = (found: Readonly<ServiceAccount> | undefined, uid: string) =>
  found && (!uid || found.metadata.uid === uid) ? found : undefined;

/**
 * Fills Secrets of type service-account-token with a token, the root certificates and their namespace; deletes them when
 * their account is gone, and takes Secrets that are gone out of their account. Follows
 * pkg/controller/serviceaccount/tokens_controller.go.
 */
export function reconcile(key: string, { accounts, secrets }: Listers, source: TokenSource): Action[] {
  const reference = JSON.parse(key) as Reference;
  const { namespace, name, uid, account, accountUid } = reference;
  const found = secrets.get(`${namespace}/${name}`);
  const known = isAccount(accounts.get(`${namespace}/${account}`), accountUid);
  if (found?.metadata.uid !== uid) {
    const mentions = (one: Readonly<ServiceAccount>) => one.secrets?.some((secret) => secret.name === name);
    if (!known || !mentions(known)) return [];
    return look(ACCOUNTS, known, (live) => {
      const current = isAccount(live as ServiceAccount | undefined, accountUid);
      if (!current || !mentions(current)) return [];
      const object = { ...current, secrets: current.secrets?.filter((secret) => secret.name !== name) };
      return [{ do: "update", resource: ACCOUNTS, object }];
    });
  }
  if (known) return fill(found, known, source);
  // Its account may only just have been made, where the cache does not show it.
  const wanted: ApiObject = { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace, name: account } };
  const remove: Action[] = [{ do: "delete", resource: SECRETS, object: found }];
  if (!account) return remove;
  return look(ACCOUNTS, wanted, (live) => {
    const current = isAccount(live as ServiceAccount | undefined, accountUid);
    return current ? fill(found, current, source) : remove;
  });
}

function isComplete({ data = {} }: Readonly<Secret>, { rootCa }: TokenSource): boolean {
  return !!data.token && !!data.namespace && (!rootCa || data["ca.crt"] === base64(rootCa));
}

function fill(cached: Readonly<Secret>, account: Readonly<ServiceAccount>, source: TokenSource): Action[] {
  if (isComplete(cached, source)) return [];
  return look(SECRETS, cached, (live) => {
    const secret = live as Secret | undefined;
    // A newer one comes by itself.
    if (!secret || secret.metadata.resourceVersion !== cached.metadata.resourceVersion) return [];
    const { namespace = "", name: secretName = "", annotations } = secret.metadata;
    const { name = "", uid = "" } = account.metadata;
    const data = { ...secret.data };
    if (source.rootCa) data["ca.crt"] = base64(source.rootCa);
    data.namespace ||= base64(namespace);
    data.token ||= base64(source.token({ namespace, secretName, account: { name, uid } }));
    const metadata = { ...secret.metadata, annotations: { ...annotations, [ACCOUNT_NAME]: name, [ACCOUNT_UID]: uid } };
    return [{ do: "update", resource: SECRETS, object: { ...secret, metadata, data } as Secret }];
  });
}

/** The newest state of an object; undefined when there is none any more. */
function look(resource: string, object: ApiObject, next: (live: ApiObject | undefined) => Action[]): Action[] {
  const after = ([result]: readonly Result[]): Action[] => {
    if (result?.ok) return next(result.object);
    return isNotFound(result?.error) ? next(undefined) : [{ do: "fail", error: result?.error }];
  };
  return [{ do: "batch", actions: [{ do: "get", resource, object }], after }];
}

export function serviceAccountTokenController(source: TokenSource) {
  return defineController<Listers>({
    name: "serviceaccount-token-controller",
    watches: {
      maps: [
        mapping(SECRETS, (secret) => (secret.type === TOKEN_TYPE ? [keyOf(secret)] : [])),
        mapping(ACCOUNTS, ({ metadata }, { secrets }: Listers) =>
          secrets
            .byNamespace(metadata.namespace ?? "")
            .filter(({ type, metadata: of }) => type === TOKEN_TYPE && of.annotations?.[ACCOUNT_NAME] === metadata.name)
            .map(keyOf),
        ),
      ],
    },
    listers: (get) => ({ accounts: get(ACCOUNTS), secrets: get(SECRETS) }),
    reconcile: (key, listers) => reconcile(key, listers, source),
  });
}
