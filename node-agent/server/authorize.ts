import type { ApiObject, Client } from "../../client/index.ts";

const VERBS: Record<string, string> = { POST: "create", GET: "get", PUT: "update", PATCH: "patch", DELETE: "delete" };

/** Which subresource of the node a path is. (pkg/kubelet/server/auth.go) */
function subresourceOf(path: string): string {
  if (path.startsWith("/stats")) return "stats";
  if (path.startsWith("/metrics")) return "metrics";
  if (path.startsWith("/logs")) return "log";
  return "proxy";
}

/** Asks the API server whether somebody may use the node's own API. */
export async function isAllowed(
  client: Client,
  nodeName: string,
  user: string,
  groups: readonly string[],
  method: string,
  path: string,
): Promise<boolean> {
  if (groups.includes("system:masters")) return true;
  const review = await client.create("authorization.k8s.io/v1/subjectaccessreviews", {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    metadata: {},
    spec: {
      user,
      groups: [...groups, "system:authenticated"],
      resourceAttributes: {
        verb: VERBS[method] ?? "get",
        version: "v1",
        resource: "nodes",
        subresource: subresourceOf(path),
        name: nodeName,
      },
    },
  } as ApiObject);
  return (review as { status?: { allowed?: boolean } }).status?.allowed === true;
}
