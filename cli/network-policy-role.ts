import { type ApiObject, createClient, loadKubeconfig, openTransport } from "../client/index.ts";

const NAME = "inkube:network-policy";
const GROUP = "rbac.authorization.k8s.io";
const verbs = ["list", "watch"];

/** What proxies need besides kube-proxy's own role to enforce policies; network add-ons bring such a role with them. */
const objects: readonly (readonly [string, ApiObject & Record<string, unknown>])[] = [
  [
    "clusterroles",
    {
      apiVersion: `${GROUP}/v1`,
      kind: "ClusterRole",
      metadata: { name: NAME },
      rules: [
        { apiGroups: [""], resources: ["pods", "namespaces"], verbs },
        { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs },
      ],
    },
  ],
  [
    "clusterrolebindings",
    {
      apiVersion: `${GROUP}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: NAME },
      roleRef: { apiGroup: GROUP, kind: "ClusterRole", name: NAME },
      subjects: [{ apiGroup: GROUP, kind: "User", name: "system:kube-proxy" }],
    },
  ],
];

/** Lets the proxies of real nodes enforce policies. @param kubeconfig of an administrator */
export async function applyNetworkPolicyRole(kubeconfig: string): Promise<void> {
  const transport = openTransport(await loadKubeconfig(kubeconfig), "inkube");
  const client = createClient(transport);
  for (const [resource, object] of objects) {
    const options = { type: "apply", fieldManager: "inkube", force: true } as const;
    await client.patch(`${GROUP}/v1/${resource}`, { name: NAME }, object, options);
  }
  await transport.close();
}
