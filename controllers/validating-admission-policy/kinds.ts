import type { Transport } from "../../client/index.ts";
import type { ValidatingAdmissionPolicySpec } from "../../openapi/api/admissionregistration.k8s.io.v1.ts";
import type { DescribedKind } from "./status.ts";

/** Kinds of one rule that are looked at, at most. (maxTypesToCheck) */
const MAX_KINDS = 10;
const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

type Rule = NonNullable<NonNullable<ValidatingAdmissionPolicySpec["matchConstraints"]>["resourceRules"]>[number];

/** A resource that the server has in one of its versions. */
interface Served {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
}

/** Finds out what a policy is about. */
export interface SchemaSource {
  kindsOf(spec: ValidatingAdmissionPolicySpec): Promise<{ kinds: DescribedKind[]; params?: DescribedKind }>;
}

/** Asks the server's discovery and OpenAPI documents anew for each policy: there are few, and they seldom change. */
export function createSchemaSource(transport: Transport): SchemaSource {
  const get = (path: string, accept?: string) => transport.request({ method: "GET", path, ...(accept && { accept }) });
  return {
    async kindsOf({ matchConstraints, paramKind }) {
      const rules = matchConstraints?.resourceRules ?? [];
      const served = rules.length > 0 ? await servedResources(get) : [];
      const kinds = kindsOfRules(rules, served);
      // The cast: the server says that this is an OpenAPI v3 index.
      const { paths = {} } = (await get("/openapi/v3")) as { paths?: Record<string, { serverRelativeURL: string }> };
      const documents = new Map<string, Promise<DescribedKind["schemas"]>>();
      const schemasOf = (path: string): Promise<DescribedKind["schemas"]> => {
        const url = paths[path]?.serverRelativeURL;
        const known = documents.get(path) ?? (url === undefined ? Promise.resolve({}) : schemasAt(get, url));
        documents.set(path, known);
        return known;
      };
      const describe = async (kind: Omit<DescribedKind, "schemas">): Promise<DescribedKind> => ({
        ...kind,
        schemas: await schemasOf(kind.group ? `apis/${kind.group}/${kind.version}` : `api/${kind.version}`),
      });
      const params = paramKind && (await describe({ ...versionOf(paramKind.apiVersion), kind: paramKind.kind ?? "" }));
      return { kinds: await Promise.all(kinds.map(describe)), ...(params && { params }) };
    },
  };
}

async function schemasAt(get: (path: string) => Promise<unknown>, url: string): Promise<DescribedKind["schemas"]> {
  // What follows the path is for caches. The cast: the server says that this is an OpenAPI v3 document.
  const document = (await get(url.replace(/\?.*/, ""))) as { components?: { schemas?: DescribedKind["schemas"] } };
  return document.components?.schemas ?? {};
}

function versionOf(apiVersion = ""): { group: string; version: string } {
  const slash = apiVersion.indexOf("/");
  return { group: apiVersion.slice(0, Math.max(slash, 0)), version: apiVersion.slice(slash + 1) };
}

async function servedResources(get: (path: string, accept: string) => Promise<unknown>): Promise<Served[]> {
  const found: Served[] = [];
  for (const path of ["/api", "/apis"]) {
    // The media type that was asked for says what this is.
    const { items = [] } = (await get(path, AGGREGATED)) as {
      items?: {
        metadata: { name?: string };
        versions?: {
          version: string;
          resources?: { resource: string; singularResource?: string; responseKind?: { kind?: string } }[];
        }[];
      }[];
    };
    for (const { metadata, versions = [] } of items) {
      for (const { version, resources = [] } of versions) {
        for (const { resource, singularResource = "", responseKind } of resources) {
          const { kind = "" } = responseKind ?? {};
          found.push({ group: metadata.name ?? "", version, resource, singular: singularResource, kind });
        }
      }
    }
  }
  return found;
}

/**
 * In order of group, version and kind. Rules with wildcards are about too much to look at.
 * (plugin/policy/validating/typechecking.go typesToCheck)
 */
export function kindsOfRules(rules: readonly Rule[], served: readonly Served[]): Omit<DescribedKind, "schemas">[] {
  const found = new Map<string, Omit<DescribedKind, "schemas">>();
  for (const rule of rules) {
    const { apiGroups = [], apiVersions = [], resources = [] } = rule;
    if ([...apiGroups, ...apiVersions].some((name) => name.includes("*"))) continue;
    const names = resources.filter((name) => !/[*/]/.test(name));
    let count = 0;
    for (const group of [...apiGroups].sort()) {
      for (const version of [...apiVersions].sort()) {
        for (const { kind, ...where } of [...names].sort().flatMap((name) => resolve(group, version, name, served))) {
          found.set(JSON.stringify([where.group, where.version, kind]), { ...where, kind });
          // The first that fills a rule's share ends all looking.
          if (++count === MAX_KINDS) return sorted([...found.values()]);
        }
      }
    }
  }
  return sorted([...found.values()]);
}

/** The core group's name is empty, which asks for any group. (apimachinery/pkg/api/meta/restmapper.go) */
function resolve(group: string, version: string, name: string, served: readonly Served[]) {
  const wanted = name.toLowerCase();
  return served
    .filter((each) => (!group || each.group === group) && each.version === version)
    .filter(({ resource, singular }) => resource === wanted || singular === wanted)
    .map(({ group, version, kind }) => ({ group, version, kind }));
}

function sorted(kinds: Omit<DescribedKind, "schemas">[]): Omit<DescribedKind, "schemas">[] {
  const text = ({ group, version, kind }: Omit<DescribedKind, "schemas">) => [group, version, kind];
  return kinds.sort((a, b) => {
    const [left, right] = [text(a), text(b)];
    const at = left.findIndex((part, index) => part !== right[index]);
    return at < 0 ? 0 : (left[at] ?? "") < (right[at] ?? "") ? -1 : 1;
  });
}
