import type { ObjectReader } from "../../admission/plugin.ts";
import { goQuote } from "../../meta/go-quote.ts";
import type { KubeObject } from "../../meta/object.ts";
import type { Authenticated } from "../authenticator.ts";
import type { ServiceAccountTokenUse } from "../observer.ts";
import { CREDENTIAL_ID, serviceAccountGroups, serviceAccountUserName } from "../well-known.ts";
import { credentialId, type UncheckedClaims } from "./claims.ts";

/** Clocks may differ by this much. (go-jose DefaultLeeway) */
const LEEWAY_SECONDS = 60;
const INVALIDATED = "service account token has been invalidated";

interface Reference {
  readonly name: string;
  readonly uid: string;
}

/** A bound token lives as long as its time, its service account and the object it is bound to. @throws Error */
export function checkBoundClaims(
  claims: UncheckedClaims,
  reader: ObjectReader,
  { now, onUse }: { readonly now: Date; readonly onUse: (use: ServiceAccountTokenUse) => void },
): Authenticated {
  const seconds = now.getTime() / 1000;
  checkTime(claims, seconds);
  const own = objectOf(claims["kubernetes.io"]);
  const namespace = textOf(own.namespace);
  const account = reference(own.serviceaccount) ?? { name: "", uid: "" };
  const read = (resource: string, of: string, name: string) => reader.get({ group: "", resource }, of, name);

  const found = read("serviceaccounts", namespace, account.name);
  if (!found) throw new Error(`serviceaccounts ${goQuote(account.name)} not found`);
  if (found.metadata.uid !== account.uid) {
    throw new Error(`service account UID (${found.metadata.uid}) does not match claim (${account.uid})`);
  }
  if (isLongDeleted(found, seconds)) throw new Error(`service account ${namespace}/${account.name} has been deleted`);

  const secret = reference(own.secret);
  const pod = reference(own.pod);
  const node = reference(own.node);
  if (secret) checkBound(read("secrets", namespace, secret.name), secret, "secret UID", "secret", seconds);
  if (pod) checkBound(read("pods", namespace, pod.name), pod, "pod UID", "pod", seconds);
  // Of a Pod's token the node is information only.
  if (node && !pod) checkBound(read("nodes", "", node.name), node, "node UID", "node", seconds);

  const jti = textOf(claims.jti);
  const extra: Record<string, string[]> = {};
  if (jti) extra[CREDENTIAL_ID] = [credentialId(jti)];
  for (const [kind, object] of [
    ["pod", pod],
    ["node", node],
  ] as const) {
    if (object?.name) extra[`authentication.kubernetes.io/${kind}-name`] = [object.name];
    if (object?.uid) extra[`authentication.kubernetes.io/${kind}-uid`] = [object.uid];
  }
  const user = {
    name: serviceAccountUserName(namespace, account.name),
    uid: account.uid,
    groups: serviceAccountGroups(namespace),
    extra,
  };
  const stale = staleness(claims, own.warnafter, seconds);
  // Only tokens that were made to be refreshed say when they should have been.
  if (typeof own.warnafter === "number" && own.warnafter) onUse(stale ? "stale" : "valid");
  return stale ? { user, auditAnnotations: { "authentication.k8s.io/stale-token": stale } } : { user };
}

function checkTime({ nbf, exp, iat }: UncheckedClaims, seconds: number): void {
  const after = (claim: unknown) => typeof claim === "number" && claim > seconds + LEEWAY_SECONDS;
  if (after(nbf)) throw new Error("service account token is not valid yet");
  if (typeof exp === "number" && exp < seconds - LEEWAY_SECONDS) throw new Error("service account token has expired");
  if (after(iat)) throw new Error("service account token is issued in the future");
}

function checkBound(
  object: Readonly<KubeObject> | undefined,
  { uid }: Reference,
  what: string,
  kind: string,
  seconds: number,
): void {
  if (!object) throw new Error(INVALIDATED);
  if (object.metadata.uid !== uid) {
    throw new Error(`${what} (${object.metadata.uid}) does not match service account ${kind} ref claim (${uid})`);
  }
  if (isLongDeleted(object, seconds)) throw new Error(INVALIDATED);
}

/** Deletion is a wish with a date, which may lie ahead (grace period): the token outlives it by the leeway. */
function isLongDeleted({ metadata }: Readonly<KubeObject>, seconds: number): boolean {
  const { deletionTimestamp } = metadata;
  return deletionTimestamp !== undefined && Date.parse(deletionTimestamp) / 1000 < seconds - LEEWAY_SECONDS;
}

function staleness(claims: UncheckedClaims, warnafter: unknown, seconds: number): string {
  if (typeof warnafter !== "number" || !warnafter || seconds <= warnafter) return "";
  return `subject: ${claims.sub}, seconds after warning threshold: ${Math.floor(seconds) - warnafter}`;
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

function objectOf(value: unknown): UncheckedClaims {
  // Narrowed to an object just here; what is inside is checked field by field.
  return typeof value === "object" && value !== null ? (value as UncheckedClaims) : {};
}

function reference(value: unknown): Reference | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { name, uid } = objectOf(value);
  return { name: textOf(name), uid: textOf(uid) };
}
