const ALNUM = "[a-zA-Z0-9]";
const DOMAIN_COMPONENT = `(?:${ALNUM}|${ALNUM}[a-zA-Z0-9-]*${ALNUM})`;
const HOST = `(?:${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|\\[[a-fA-F0-9:]+\\])`;
const PATH_COMPONENT = "[a-z0-9]+(?:(?:\\.|__|_|-+)[a-z0-9]+)*";
const TAG = "\\w[\\w.-]{0,127}";
const DIGEST = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";
const REFERENCE = new RegExp(
  `^(${HOST}(?::[0-9]+)?/${PATH_COMPONENT}(?:/${PATH_COMPONENT})*)(?::(${TAG}))?(?:@(${DIGEST}))?$`,
);
const DIGEST_LENGTHS: ReadonlyMap<string, number> = new Map(Object.entries({ sha256: 64, sha384: 96, sha512: 128 }));
const MAX_NAME_LENGTH = 255;

/** The tag that a pull of this image asks for: `latest` without tag and digest. Undefined when it cannot be read. */
export function imageTag(image: string): string | undefined {
  if (/^[a-f0-9]{64}$/.test(image)) return undefined;
  const match = REFERENCE.exec(withRegistry(image));
  if (!match) return undefined;
  const [, name = "", tag = "", digest = ""] = match;
  if (name.length > MAX_NAME_LENGTH || (digest && !isDigest(digest))) return undefined;
  return tag || digest ? tag : "latest";
}

/** `nginx` is `docker.io/library/nginx`. (distribution/reference splitDockerDomain) */
function withRegistry(image: string): string {
  const slash = image.indexOf("/");
  const first = image.slice(0, Math.max(slash, 0));
  const isRegistry = slash >= 0 && (/[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase());
  if (!isRegistry) return `docker.io/${slash < 0 ? "library/" : ""}${image}`;
  const rest = image.slice(slash + 1);
  return first === "index.docker.io" || (first === "docker.io" && !rest.includes("/"))
    ? `docker.io/${rest.includes("/") ? "" : "library/"}${rest}`
    : image;
}

function isDigest(digest: string): boolean {
  const [algorithm = "", hex = ""] = digest.split(":");
  return DIGEST_LENGTHS.get(algorithm) === hex.length && /^[a-f0-9]+$/.test(hex);
}

/** What a container or image volume without a policy gets. */
export function defaultPullPolicy(image: string | undefined): "Always" | "IfNotPresent" {
  return imageTag(image ?? "") === "latest" ? "Always" : "IfNotPresent";
}
