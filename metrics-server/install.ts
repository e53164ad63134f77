import { type ApiObject, type Client, type Clock, isAlreadyExists, isNotFound, sleep } from "../client/index.ts";
import type { APIService } from "../openapi/api/apiregistration.k8s.io.v1.ts";
import { GROUP, VERSION } from "./metrics.ts";

export const NAMESPACE = "kube-system";
export const NAME = "metrics-server";
/** What the certificate must be made out to. */
export const SERVER_NAME = `${NAME}.${NAMESPACE}.svc`;

const RBAC = "rbac.authorization.k8s.io";
const OURS = { "app.kubernetes.io/name": NAME, "app.kubernetes.io/managed-by": "inkube" };
const READ = ["get", "list", "watch"];
const SUBJECT = { kind: "ServiceAccount", name: NAME, namespace: NAMESPACE };

const role = (name: string) => ({ apiGroup: RBAC, kind: "ClusterRole", name });

/** Address and certificate that the API server reaches us by. */
export interface Place {
  readonly host: string;
  readonly port: number;
  /** PEM of the authority of our certificate. */
  readonly ca: string;
}

const meta = (name: string, namespace?: string, labels = {}) => ({
  name,
  ...(namespace && { namespace }),
  labels: { ...OURS, ...labels },
});

type Manifest = ApiObject & Readonly<Record<string, unknown>>;

/** What metrics-server's own manifest has, but for the Pod: our Service names a place outside the cluster. */
function access({ host, port }: Place): [resource: string, object: Manifest][] {
  const clusterRole = (name: string, rules: object[], labels = {}): [string, Manifest] => [
    `${RBAC}/v1/clusterroles`,
    { apiVersion: `${RBAC}/v1`, kind: "ClusterRole", metadata: meta(name, undefined, labels), rules },
  ];
  const binding = (name: string, roleRef: object): [string, Manifest] => [
    `${RBAC}/v1/clusterrolebindings`,
    { apiVersion: `${RBAC}/v1`, kind: "ClusterRoleBinding", metadata: meta(name), roleRef, subjects: [SUBJECT] },
  ];
  const aggregate = ["admin", "edit", "view"].map((to) => [`${RBAC}/aggregate-to-${to}`, "true"]);
  return [
    ["v1/serviceaccounts", { apiVersion: "v1", kind: "ServiceAccount", metadata: meta(NAME, NAMESPACE) }],
    clusterRole(
      "system:aggregated-metrics-reader",
      [{ apiGroups: [GROUP], resources: ["pods", "nodes"], verbs: READ }],
      Object.fromEntries(aggregate),
    ),
    clusterRole(`system:${NAME}`, [
      { apiGroups: [""], resources: ["nodes/metrics", "nodes/proxy"], verbs: ["get"] },
      { apiGroups: [""], resources: ["pods", "nodes"], verbs: READ },
    ]),
    binding(`system:${NAME}`, role(`system:${NAME}`)),
    binding(`${NAME}:system:auth-delegator`, role("system:auth-delegator")),
    [
      `${RBAC}/v1/rolebindings`,
      {
        apiVersion: `${RBAC}/v1`,
        kind: "RoleBinding",
        metadata: meta(`${NAME}-auth-reader`, NAMESPACE),
        roleRef: { apiGroup: RBAC, kind: "Role", name: "extension-apiserver-authentication-reader" },
        subjects: [SUBJECT],
      },
    ],
    [
      "v1/services",
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: meta(NAME, NAMESPACE),
        spec: { type: "ExternalName", externalName: host, ports: [{ name: "https", port, protocol: "TCP" }] },
      },
    ],
  ];
}

const apiService = ({ port, ca }: Place): Manifest => ({
  apiVersion: "apiregistration.k8s.io/v1",
  kind: "APIService",
  metadata: meta(`${VERSION}.${GROUP}`),
  spec: {
    group: GROUP,
    version: VERSION,
    groupPriorityMinimum: 100,
    versionPriority: 100,
    caBundle: Buffer.from(ca).toString("base64"),
    service: { name: NAME, namespace: NAMESPACE, port },
  },
});

const isOurs = ({ metadata }: ApiObject) =>
  metadata.labels?.["app.kubernetes.io/managed-by"] === OURS["app.kubernetes.io/managed-by"];

/** Whether the API is somebody else's, such as metrics-server itself: then it is not for us to take. */
export async function isTaken(client: Client): Promise<boolean> {
  try {
    return !isOurs(await client.get("apiregistration.k8s.io/v1/apiservices", { name: `${VERSION}.${GROUP}` }));
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** Puts in place what makes us reachable and gives us our rights, then registers the API. */
export async function install(client: Client, place: Place): Promise<void> {
  await Promise.all(access(place).map(([resource, object]) => put(client, resource, object)));
  await put(client, "apiregistration.k8s.io/v1/apiservices", apiService(place));
}

const LOOK = 50;

/**
 * Waits until the API server reaches us. Clients remember for minutes which APIs there are: who says that a cluster is
 * ready should not make them remember too early. @returns whether it does, within `milliseconds`
 */
export async function untilAvailable(client: Client, clock: Clock, milliseconds: number): Promise<boolean> {
  const end = clock.now().getTime() + milliseconds;
  for (;;) {
    const service: APIService = await client.get("apiregistration.k8s.io/v1/apiservices", {
      name: `${VERSION}.${GROUP}`,
    });
    if (service.status?.conditions?.some(({ type, status }) => type === "Available" && status === "True")) return true;
    if (clock.now().getTime() > end) return false;
    await sleep(clock, LOOK);
  }
}

/** Creates an object, or brings what is there to the same state. */
async function put(client: Client, resource: string, object: Manifest): Promise<void> {
  try {
    await client.create(resource, object);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const { name = "", namespace } = object.metadata;
    const where = { name, ...(namespace && { namespace }) };
    await client.patch(resource, where, object, { type: "merge" });
  }
}
