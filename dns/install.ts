import { type ApiObject, type Client, isAlreadyExists, isNotFound } from "../client/index.ts";

export const NAMESPACE = "kube-system";
export const SERVICE = "kube-dns";
/** The account that servers act as. Its objects are named as kubeadm names CoreDNS'. */
const ACCOUNT = "coredns";
const RBAC = "rbac.authorization.k8s.io/v1";
const READ = ["list", "watch"];

/**
 * What kubeadm makes for CoreDNS besides its Deployment, and the right to say where this server is: the Service has no
 * selector, since no Pod is behind it. What is there already stays as it is. (cmd/kubeadm/app/phases/addons/dns)
 */
export async function installDns(client: Client, clusterIP: string): Promise<void> {
  const metadata = { name: ACCOUNT, namespace: NAMESPACE };
  const role = { name: `system:${ACCOUNT}` };
  const subjects = [{ kind: "ServiceAccount", ...metadata }];
  const objects: readonly [string, ApiObject & Record<string, unknown>][] = [
    ["v1/serviceaccounts", { metadata }],
    [
      `${RBAC}/clusterroles`,
      {
        metadata: role,
        rules: [
          { apiGroups: [""], resources: ["endpoints", "services", "pods", "namespaces"], verbs: READ },
          { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: READ },
        ],
      },
    ],
    [
      `${RBAC}/clusterrolebindings`,
      { metadata: role, subjects, roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", ...role } },
    ],
    [
      `${RBAC}/roles`,
      {
        metadata,
        rules: [
          {
            apiGroups: ["discovery.k8s.io"],
            resources: ["endpointslices"],
            verbs: ["get", "create", "update", "patch", "delete"],
          },
        ],
      },
    ],
    [
      `${RBAC}/rolebindings`,
      {
        metadata,
        subjects,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: ACCOUNT },
      },
    ],
    ["v1/services", serviceAt(clusterIP)],
  ];
  for (const [resource, object] of objects) {
    const { name = "", namespace } = object.metadata;
    try {
      // Looked for first: making the Service again would fail over its address, which it has already.
      await client.get(resource, { name, ...(namespace && { namespace }) });
    } catch (missing) {
      if (!isNotFound(missing)) throw missing;
      await client.create(resource, object).catch((error: unknown) => {
        if (!isAlreadyExists(error)) throw error;
      });
    }
  }
}

function serviceAt(clusterIP: string): ApiObject & Record<string, unknown> {
  return {
    metadata: {
      name: SERVICE,
      namespace: NAMESPACE,
      labels: { "k8s-app": SERVICE, "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS" },
      annotations: { "prometheus.io/port": "9153", "prometheus.io/scrape": "true" },
    },
    spec: {
      clusterIP,
      ports: [
        { name: "dns", port: 53, protocol: "UDP", targetPort: 53 },
        { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: 53 },
        { name: "metrics", port: 9153, protocol: "TCP", targetPort: 9153 },
      ],
    },
  };
}
