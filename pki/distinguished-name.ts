import {
  child,
  children,
  type Node,
  objectIdentifier,
  readObjectIdentifier,
  readString,
  sequence,
  setOf,
  utf8String,
} from "./der.ts";

/** The parts of an X.500 name that Kubernetes reads: CN is the user's name, each O is a group. */
export interface DistinguishedName {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** RFC 9562 ids of the user, when the certificate carries them. (kubernetes 1.3.6.1.4.1.57683.2) */
  readonly uids?: readonly string[];
}

const COMMON_NAME = "2.5.4.3";
const ORGANIZATION = "2.5.4.10";
/** Certificate attribute for a user's uid. (apiserver/pkg/authentication/request/x509) */
export const USER_UID = "1.3.6.1.4.1.57683.2";

/** Organisations first and the common name last, as Go writes them. */
export function encodeName({ commonName, organizations, uids = [] }: DistinguishedName): Uint8Array {
  const attribute = (id: string, value: string) => sequence(objectIdentifier(id), utf8String(value));
  return sequence(
    // Go puts all organisations into one SET: groups come back in the order of their bytes.
    ...(organizations.length ? [setOf(...organizations.map((o) => attribute(ORGANIZATION, o)))] : []),
    ...(commonName ? [setOf(attribute(COMMON_NAME, commonName))] : []),
    ...uids.map((uid) => setOf(attribute(USER_UID, uid))),
  );
}

/** Country, locality, province, street, organisation, unit, postal code, serial number, common name: what Go's pkix.Name keeps. */
const KEPT = new Set([
  "2.5.4.3",
  "2.5.4.5",
  "2.5.4.6",
  "2.5.4.7",
  "2.5.4.8",
  "2.5.4.9",
  "2.5.4.10",
  "2.5.4.11",
  "2.5.4.17",
]);

/**
 * The name to put into a certificate signed for a request. Upstream carries over only what pkix.Name has fields for;
 * above all not the uid, which would let a requester pick one. @throws DerError
 */
export function signableName(node: Node): Uint8Array {
  const kept = (set: Node) =>
    children(set)
      .filter((pair) => KEPT.has(readObjectIdentifier(child(children(pair), 0))))
      .map((pair) => pair.bytes);
  return sequence(
    ...children(node)
      .map(kept)
      .filter((pairs) => pairs.length > 0)
      .map((pairs) => setOf(...pairs)),
  );
}

/** The last common name wins, as in Go's pkix.Name. @throws DerError */
export function decodeName(node: Node): Required<DistinguishedName> {
  const organizations: string[] = [];
  const uids: string[] = [];
  let commonName = "";
  for (const set of children(node)) {
    for (const pair of children(set)) {
      const [type, value] = [child(children(pair), 0), child(children(pair), 1)];
      const id = readObjectIdentifier(type);
      if (id === COMMON_NAME) commonName = readString(value);
      else if (id === ORGANIZATION) organizations.push(readString(value));
      else if (id === USER_UID) uids.push(readString(value));
    }
  }
  return { commonName, organizations, uids };
}
