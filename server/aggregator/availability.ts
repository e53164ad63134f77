import type { APIService, APIServiceCondition } from "../../openapi/api/apiregistration.k8s.io.v1.ts";
import type { Service } from "../../openapi/api/core.v1.ts";
import type { EndpointSlice } from "../../openapi/api/discovery.k8s.io.v1.ts";
import type { ObjectReader } from "../admission/plugin.ts";
import { rfc3339 } from "../meta/time.ts";

export type Verdict = Required<Pick<APIServiceCondition, "status" | "reason" | "message">>;

const SERVICES = { group: "", resource: "services" };
const SLICES = { group: "discovery.k8s.io", resource: "endpointslices" };
const DEFAULT_PORT = 443;

/** What can be told without asking: is there a Service that listens and has addresses? undefined: all is well. */
export function serviceProblem({ spec }: Readonly<APIService>, reader: ObjectReader): Verdict | undefined {
  const { namespace = "", name = "", port = DEFAULT_PORT } = spec.service ?? {};
  const no = (reason: string, message: string): Verdict => ({ status: "False", reason, message });
  const where = `service/${name} in ${JSON.stringify(namespace)}`;
  const service = reader.get<Service>(SERVICES, namespace, name);
  if (!service) return no("ServiceNotFound", `${where} is not present`);
  if (service.spec.type !== "ClusterIP") return undefined;
  const portName = service.spec.ports?.find((each) => each.port === port)?.name;
  const listens = service.spec.ports?.some((each) => each.port === port);
  if (!listens) return no("ServicePortError", `${where} is not listening on port ${port}`);
  const slices = reader
    .list<EndpointSlice>(SLICES, namespace)
    .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === name);
  const named = `with port name ${JSON.stringify(portName ?? "")}`;
  if (slices.length === 0) return no("EndpointsNotFound", `cannot find endpointslices for ${where}`);
  const hasAddress = slices.some(
    ({ endpoints, ports }) =>
      ports?.some((each) => (each.name ?? "") === (portName ?? "")) &&
      endpoints?.some(({ conditions, addresses }) => (conditions?.ready ?? true) && (addresses ?? []).length > 0),
  );
  if (!hasAddress) return no("MissingEndpoints", `endpointslices for ${where} have no addresses ${named}`);
  return undefined;
}

export function isAvailable({ status }: Readonly<APIService>): boolean {
  return availableOf(status)?.status === "True";
}

function availableOf(status: Readonly<APIService>["status"]): APIServiceCondition | undefined {
  return status?.conditions?.find(({ type }) => type === "Available");
}

/** @returns undefined when it says so already */
export function withAvailability(service: APIService, verdict: Verdict, now: Date): APIService | undefined {
  const known = availableOf(service.status);
  const { status, reason, message } = verdict;
  if (known?.status === status && known.reason === reason && known.message === message) return undefined;
  const lastTransitionTime = known?.status === status ? known.lastTransitionTime : rfc3339(now);
  const next = { type: "Available", status, lastTransitionTime, reason, message };
  const conditions = service.status?.conditions ?? [];
  return {
    ...service,
    status: {
      ...service.status,
      conditions: known ? conditions.map((each) => (each === known ? next : each)) : [...conditions, next],
    },
  };
}
