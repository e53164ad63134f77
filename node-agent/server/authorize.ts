import type { ApiObject, Client } from "../../client/index.ts";

const VERBS: Record<string, string> = {
  POST: "create",
  GET: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
  CONNECT: "get",
};

const isBelow = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);

/** First what a path is by itself; then whatever it may also be asked for as. */
const SUBRESOURCES: readonly (readonly [string, readonly string[]])[] = [
  ["/pods", ["pods", "proxy"]],
  ["/runningpods", ["pods", "proxy"]],
  ["/healthz", ["healthz", "proxy"]],
  ["/configz", ["configz", "proxy"]],
  ["/stats", ["stats"]],
  ["/metrics", ["metrics"]],
  ["/logs", ["log"]],
  ["/checkpoint", ["checkpoint"]],
  ["/statusz", ["statusz"]],
  ["/flagz", ["configz"]],
];

/** What a request is about: the right to any of these subresources of the node will do. (pkg/kubelet/server/auth.go) */
export function requestAttributes(method: string, path: string): { verb: string; subresources: readonly string[] } {
  const [, subresources = ["proxy"]] = SUBRESOURCES.find(([folder]) => isBelow(path, folder)) ?? [];
  return { verb: VERBS[method] ?? "", subresources };
}

/** Asks the API server whether somebody may use the node's own API. */
export async function isAllowed(
  client: Client,
  nodeName: string,
  { user, groups }: { readonly user: string; readonly groups: readonly string[] },
  { verb, subresources }: ReturnType<typeof requestAttributes>,
): Promise<boolean> {
  if (groups.includes("system:masters")) return true;
  for (const subresource of subresources) {
    const review = await client.create("authorization.k8s.io/v1/subjectaccessreviews", {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      metadata: {},
      spec: {
        user,
        groups: [...groups, "system:authenticated"],
        resourceAttributes: { verb, version: "v1", resource: "nodes", subresource, name: nodeName },
      },
    } as ApiObject);
    if ((review as { status?: { allowed?: boolean } }).status?.allowed === true) return true;
  }
  return false;
}
