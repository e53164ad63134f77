import type { X509Certificate } from "node:crypto";
import type { ConfigMap } from "../../openapi/api/core.v1.ts";
import { extraOf, type RawHeaders, valuesByName } from "./raw-headers.ts";

/** Who the API server says is asking. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** Whom to believe, as kube-system/extension-apiserver-authentication says. */
export interface FrontProxy {
  /** PEM of the authorities of its certificate. */
  readonly ca: string;
  /** Common names; empty: any. */
  readonly names: readonly string[];
  /** Lower case. */
  readonly userHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  readonly extraPrefixes: readonly string[];
}

/** All whom to believe. */
export interface Trust {
  readonly frontProxy: FrontProxy;
  /** PEM of the authorities of clients that come by themselves; empty: there are none. */
  readonly clientCa: string;
}

export const trustFrom = (settings: Readonly<ConfigMap>): Trust => ({
  frontProxy: frontProxyFrom(settings),
  clientCa: settings.data?.["client-ca-file"] ?? "",
});

/** @throws Error when it names no authority */
function frontProxyFrom({ data = {} }: Readonly<ConfigMap>): FrontProxy {
  const list = (key: string): string[] => JSON.parse(data[`requestheader-${key}`] || "[]") as string[]; // as upstream writes it
  const headers = (key: string) => list(key).map((name) => name.toLowerCase());
  const ca = data["requestheader-client-ca-file"];
  if (!ca) throw new Error("extension-apiserver-authentication has no requestheader-client-ca-file");
  return {
    ca,
    names: list("allowed-names"),
    userHeaders: headers("username-headers"),
    groupHeaders: headers("group-headers"),
    uidHeaders: headers("uid-headers"),
    extraPrefixes: headers("extra-headers-prefix"),
  };
}

/** Not from the text of all names, where commas and the like are escaped. */
export const commonNameOf = (certificate: X509Certificate): string =>
  [certificate.toLegacyObject().subject.CN ?? ""].flat()[0] ?? "";

/** @param certificate of the proxy's authority @returns undefined: somebody unknown */
export function userBehind(proxy: FrontProxy, certificate: X509Certificate, rawHeaders: RawHeaders): User | undefined {
  if (proxy.names.length > 0 && !proxy.names.includes(commonNameOf(certificate))) return undefined;
  const headers = valuesByName(rawHeaders);
  const valuesOf = (names: readonly string[]) => names.flatMap((name) => headers.get(name) ?? []).filter(Boolean);
  const [name] = valuesOf(proxy.userHeaders);
  if (!name) return undefined;
  const [uid] = valuesOf(proxy.uidHeaders);
  const groups = withAuthenticated(valuesOf(proxy.groupHeaders));
  return { name, groups, ...(uid && { uid }), extra: extraOf(headers, proxy.extraPrefixes) };
}

const [AUTHENTICATED, UNAUTHENTICATED] = ["system:authenticated", "system:unauthenticated"];

/** (apiserver/pkg/authentication/group/authenticated_group_adder.go) */
export const withAuthenticated = (groups: readonly string[]) =>
  groups.includes(AUTHENTICATED) || groups.includes(UNAUTHENTICATED) ? groups : [...groups, AUTHENTICATED];
