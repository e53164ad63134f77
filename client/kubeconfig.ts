import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** Where the server is and who we are: one context of a kubeconfig, files read. */
export interface Connection {
  /** Base URL without a trailing slash. */
  server: string;
  namespace: string;
  ca?: string;
  clientCertificate?: string;
  clientKey?: string;
  /** Asked before each request, so that a rotated token file is picked up. */
  token?: () => string;
  insecureSkipTlsVerify: boolean;
  tlsServerName?: string;
}

interface Named<K extends string, T> {
  name: string;
  // One entry such as {name, cluster: {...}}; the key differs by list.
  value: T;
  kind: K;
}

interface Cluster {
  server?: string;
  "certificate-authority"?: string;
  "certificate-authority-data"?: string;
  "insecure-skip-tls-verify"?: boolean;
  "tls-server-name"?: string;
}

interface User {
  token?: string;
  tokenFile?: string;
  "client-certificate"?: string;
  "client-certificate-data"?: string;
  "client-key"?: string;
  "client-key-data"?: string;
  exec?: unknown;
  "auth-provider"?: unknown;
}

interface Context {
  cluster?: string;
  user?: string;
  namespace?: string;
}

/** Reads a kubeconfig and its current context. Relative paths are relative to the file. */
export async function loadKubeconfig(path: string): Promise<Connection> {
  const text = readFileSync(path, "utf8");
  // A kubeconfig written as JSON is valid YAML too; most are YAML, and the parser is only loaded for those.
  const parsed: unknown = text.trimStart().startsWith("{") ? JSON.parse(text) : (await import("yaml")).parse(text);
  return connectionFrom(parsed, dirname(path));
}

/** The current context of a parsed kubeconfig. @throws Error when it names something absent or unsupported. */
export function connectionFrom(config: unknown, directory: string): Connection {
  if (typeof config !== "object" || config === null) throw new Error("kubeconfig: not an object");
  const current = "current-context" in config ? String(config["current-context"] ?? "") : "";
  const context = find<"context", Context>(config, "contexts", "context", current).value;
  const cluster = find<"cluster", Cluster>(config, "clusters", "cluster", context.cluster ?? "").value;
  const user = context.user ? find<"user", User>(config, "users", "user", context.user).value : {};
  if (user.exec || user["auth-provider"])
    throw new Error(`kubeconfig: user "${context.user}" needs a credential plugin, which is not supported`);
  if (!cluster.server) throw new Error(`kubeconfig: cluster "${context.cluster}" has no server`);

  const material = (data: string | undefined, file: string | undefined): string | undefined =>
    data
      ? Buffer.from(data, "base64").toString("utf8")
      : file
        ? readFileSync(resolve(directory, file), "utf8")
        : undefined;
  const ca = material(cluster["certificate-authority-data"], cluster["certificate-authority"]);
  const clientCertificate = material(user["client-certificate-data"], user["client-certificate"]);
  const clientKey = material(user["client-key-data"], user["client-key"]);
  const { token, tokenFile } = user;
  return {
    server: cluster.server.replace(/\/+$/, ""),
    namespace: context.namespace || "default",
    insecureSkipTlsVerify: cluster["insecure-skip-tls-verify"] ?? false,
    ...(cluster["tls-server-name"] && { tlsServerName: cluster["tls-server-name"] }),
    ...(ca && { ca }),
    ...(clientCertificate && { clientCertificate }),
    ...(clientKey && { clientKey }),
    ...(tokenFile
      ? { token: () => readFileSync(resolve(directory, tokenFile), "utf8").trim() }
      : token && { token: () => token }),
  };
}

function find<K extends string, T>(config: object, list: string, kind: K, name: string): Named<K, T> {
  // The file's shape is checked as far as it is used: a list of named entries.
  const entries = (config as Record<string, unknown>)[list];
  const entry = Array.isArray(entries) ? entries.find((e) => e?.name === name) : undefined;
  if (!entry) throw new Error(`kubeconfig: no ${kind} named "${name}"`);
  return { name, kind, value: entry[kind] ?? {} };
}
