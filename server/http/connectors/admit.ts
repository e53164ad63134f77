import type { KubeObject } from "../../meta/object.ts";
import type { AdmissionChain } from "../../registry/generic/environment.ts";
import type { ConnectRequest } from "../handlers/connect.ts";
import { readScope } from "../handlers/request.ts";

/** Asks admission about a connection; what it sees as the object are the options. (handlers/rest.go ConnectResource) */
export async function admitConnection(
  admission: AdmissionChain,
  request: ConnectRequest,
  subresource: string,
  optionsKind: string,
  options: Record<string, unknown>,
): Promise<void> {
  const { ctx, kind, namespace, name } = request;
  const scope = readScope(ctx);
  // The cast: options have kind and apiVersion, and no metadata.
  const object = { kind: optionsKind, apiVersion: "v1", ...options } as unknown as KubeObject;
  const attributes = {
    operation: "CONNECT" as const,
    group: kind.group,
    version: kind.version,
    resource: kind.plural,
    subresource,
    kind: { group: "", version: "v1", kind: optionsKind },
    namespace,
    name,
    object,
    oldObject: undefined,
    options: {},
    dryRun: false,
    user: ctx.state.user,
    warn: scope.warn,
    annotate: scope.annotate,
  };
  await admission.admit(attributes);
  await admission.validate(attributes);
}
