import type { ObjectReader } from "../admission/plugin.ts";
import type { KubeObject } from "../meta/object.ts";

const API_SERVICES = { group: "apiregistration.k8s.io", resource: "apiservices" };

interface ApiService extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** Which APIServices can be asked, for aggregator_unavailable_apiservice. */
export function apiServiceStates(reader: ObjectReader): { name: string; available: boolean }[] {
  return reader.list<ApiService>(API_SERVICES, "").map(({ metadata, status }) => ({
    name: metadata.name ?? "",
    available: status?.conditions?.some((each) => each.type === "Available" && each.status === "True") ?? false,
  }));
}
