import { readFacts } from "../../../openapi/types.ts";
import type { GroupResource } from "../../meta/errors.ts";
import type { KubeObject, UnstructuredObject } from "../../meta/object.ts";
import { rfc3339 } from "../../meta/time.ts";
import type { StoreContext } from "../generic/environment.ts";
import { serverScope } from "../writer.ts";
import { type ClusterFacts, cluster } from "./cluster.ts";
import { reviseFlowControl } from "./flow-control.ts";
import { plant, type Seed, type Seeds } from "./seed.ts";

const FLOW_CONTROL = "flowcontrol.apiserver.k8s.io";
/** A list path of the facts, and how its objects are kept. */
const KEPT: Readonly<Record<string, Pick<Seed, "mode" | "statusManager"> & { readonly fieldManager: string }>> = {
  "/api/v1/namespaces": { mode: "create", fieldManager: "kube-apiserver" },
  "/apis/apiregistration.k8s.io/v1/apiservices": { mode: "enforce", fieldManager: "kube-apiserver" },
  "/apis/networking.k8s.io/v1/servicecidrs": {
    mode: "create",
    fieldManager: "kube-apiserver",
    statusManager: "kubernetes-service-cidr-controller",
  },
  "/apis/scheduling.k8s.io/v1/priorityclasses": { mode: "create", fieldManager: "kube-apiserver" },
  "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas": {
    mode: "create",
    fieldManager: "api-priority-and-fairness-config-producer-v1",
    statusManager: "api-priority-and-fairness-config-consumer-v1",
  },
  "/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations": {
    mode: "create",
    fieldManager: "api-priority-and-fairness-config-producer-v1",
  },
};

/**
 * What the API server itself makes sure of at each start. Everything goes into one commit; what is there costs a look.
 * (pkg/controlplane: controller.go, storageversion, reconcilers; pkg/registry/…/rest bootstrap hooks)
 *
 * @param more seeds of others, such as RBAC's roles
 */
export async function bootstrap(
  find: (resource: GroupResource) => StoreContext,
  facts: ClusterFacts,
  more: readonly Seeds[],
): Promise<void> {
  const all = [...fromFacts(facts), ...cluster(facts), ...more];
  await Promise.all(
    all.flatMap(({ group, resource, fieldManager, seeds }) => {
      const store = find({ group, resource });
      const scope = serverScope(facts.now, fieldManager);
      return seeds.map((seed) => plant(store, seed, scope));
    }),
  );
}

/** FlowSchemas and priority levels alone. */
export function flowControlSeeds(now: Date): Seeds[] {
  return fromFacts({ now }).filter(({ group }) => group === FLOW_CONTROL);
}

function fromFacts({ now, serviceRange }: Pick<ClusterFacts, "now" | "serviceRange">): Seeds[] {
  const lists = readFacts("bootstrap") as Readonly<Record<string, readonly KubeObject[]>>; // our own file
  return Object.entries(lists).map(([path, objects]) => {
    const parts = path.split("/");
    const resource = parts.at(-1) ?? "";
    const group = path.startsWith("/apis/") ? (parts[2] ?? "") : "";
    const { fieldManager, ...kept } = KEPT[path] ?? { mode: "create", fieldManager: "kube-apiserver" };
    const seeds = objects.map((object): Seed => {
      const seed = { object: completed(resource, object, { now, ...(serviceRange && { serviceRange }) }), ...kept };
      if (resource === "namespaces") return withStrategy(seed);
      return group === FLOW_CONTROL ? { ...seed, reconcile: (current) => reviseFlowControl(object, current) } : seed;
    });
    return { group, resource, fieldManager, seeds };
  });
}

/** A namespace's spec and status come of its strategy. */
function withStrategy({ object, mode }: Seed): Seed {
  const { spec, status, ...sent } = object as UnstructuredObject;
  return {
    object: { ...sent, spec: {} } as KubeObject,
    mode,
    prepare: (created) => Object.assign(created, { spec, status }),
  };
}

/** Status that upstream's own controllers inside the API server would set a moment later. */
function completed(
  resource: string,
  object: KubeObject,
  { now, serviceRange }: Pick<ClusterFacts, "now" | "serviceRange">,
): KubeObject {
  const text = JSON.stringify(object).replaceAll("<time>", rfc3339(now));
  const copy = JSON.parse(text) as UnstructuredObject; // a copy of our own facts
  const condition = (type: string, status: string, reason: string, message: string) => ({
    conditions: [{ type, status, lastTransitionTime: rfc3339(now), reason, message }],
  });
  if (resource === "servicecidrs" && serviceRange) copy.spec = { cidrs: [serviceRange] };
  if (resource === "apiservices") {
    copy.status = condition("Available", "True", "Local", "Local APIServices are always available");
  }
  if (resource === "flowschemas") {
    const { priorityLevelConfiguration } = copy.spec as { priorityLevelConfiguration: { name: string } };
    const message = `This FlowSchema references the PriorityLevelConfiguration object named "${priorityLevelConfiguration.name}" and it exists`;
    copy.status = condition("Dangling", "False", "Found", message);
  }
  return copy;
}
