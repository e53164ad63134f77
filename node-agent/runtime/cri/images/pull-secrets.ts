import { createHash } from "node:crypto";
import type { Secret } from "../../../../openapi/api/core.v1.ts";
import type { AuthConfig } from "../api/types.ts";

interface DockerEntry {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
  readonly identitytoken?: string;
}

const DEFAULT_REGISTRY = "index.docker.io";

/** Registry and path of an image, as credentials name them. */
function withRegistry(image: string): string {
  const [first = "", ...rest] = image.split("/");
  const isRegistry = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  if (isRegistry) return first === "docker.io" ? [DEFAULT_REGISTRY, ...rest].join("/") : image;
  return `${DEFAULT_REGISTRY}/${rest.length > 0 ? image : `library/${image}`}`;
}

/** Entries of a Secret of type dockerconfigjson or dockercfg. */
function entriesOf({ type, data = {} }: Secret): Readonly<Record<string, DockerEntry>> {
  const [key, nested] = type === "kubernetes.io/dockerconfigjson" ? [".dockerconfigjson", true] : [".dockercfg", false];
  const text = data[key];
  if (text === undefined) return {};
  try {
    const parsed = JSON.parse(Buffer.from(text, "base64").toString("utf8")) as Record<string, unknown>; // a user's
    return ((nested ? parsed.auths : parsed) ?? {}) as Record<string, DockerEntry>;
  } catch {
    return {}; // the API server checks these; what slipped through names no registry
  }
}

/** Whether an entry's key, such as `https://registry.io:5000/team` or `*.io`, covers an image. (pkg/credentialprovider) */
function covers(key: string, image: string): boolean {
  const [host = "", ...path] = key
    .replace(/^https?:\/\//, "")
    .replace(/^([^/]+)\/v[12]\/?$/, "$1")
    .split("/")
    .filter(Boolean);
  const [imageHost = "", ...imagePath] = image.split("/");
  const pattern = host.split(".").map((part) => part.replaceAll(/[.+^${}()|[\]\\?]/g, "\\$&").replaceAll("*", "[^.]*"));
  if (!new RegExp(`^${pattern.join("\\.")}$`).test(imageHost)) return false;
  return imagePath.join("/").startsWith(path.join("/"));
}

/** Where credentials come from. */
export interface PullSource {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Of the credentials, which are kept nowhere. */
  readonly hash: string;
}

export interface Credentials {
  readonly auth: AuthConfig;
  readonly source: PullSource;
}

/** What a Pod's secrets say of an image's registry, the most particular first. */
export function credentialsFor(image: string, secrets: readonly Secret[]): Credentials[] {
  const full = withRegistry(image);
  return secrets
    .flatMap((secret) => Object.entries(entriesOf(secret)).map(([key, entry]) => ({ key, entry, secret })))
    .filter(({ key }) => covers(key, full))
    .sort((a, b) => b.key.length - a.key.length)
    .map(({ entry: { username, password, auth, identitytoken }, secret: { metadata } }) => {
      const [, name, word] = /^([^:]*):(.*)$/s.exec(Buffer.from(auth ?? "", "base64").toString("utf8")) ?? [];
      const shown: AuthConfig = {
        username: username ?? name ?? "",
        password: password ?? word ?? "",
        ...(identitytoken && { identityToken: identitytoken }),
      };
      const { namespace = "", name: secretName = "", uid = "" } = metadata ?? {};
      const hash = createHash("sha256").update(JSON.stringify(shown)).digest("hex");
      return { auth: shown, source: { namespace, name: secretName, uid, hash } };
    });
}
