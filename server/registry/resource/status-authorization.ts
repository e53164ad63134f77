import type { AllocationResult, ResourceClaim } from "../../../openapi/api/resource.k8s.io.v1.ts";
import type { Attributes } from "../../auth/authorizer.ts";
import { forbiddenTo } from "../../meta/access-denied.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { type FieldError, fieldForbidden } from "../../meta/field-error.ts";
import { validateDNS1123Subdomain } from "../../meta/names.ts";
import type { RequestContext } from "../kind.ts";
import { deviceId } from "./claim-status-validation.ts";

const NODE_NAME = "authentication.kubernetes.io/node-name";

/**
 * Who may update the status of claims may not yet give devices away, nor speak for any driver: that takes permissions
 * on resources that exist for this alone. (pkg/registry/resource/utils.go, KEP-4817)
 */
export async function authorizeClaimStatus(
  { metadata, status }: Readonly<ResourceClaim>,
  { status: old }: Readonly<ResourceClaim>,
  context: RequestContext,
): Promise<FieldError[]> {
  const verb = context.verb ?? "update";
  const errors: FieldError[] = [];
  if (!semanticEqual(status.allocation, old.allocation) || !semanticEqual(status.reservedFor, old.reservedFor)) {
    const refusal = await refusalOf({ verb, subresource: "binding", namespace: "", name: "" }, context);
    const wanted = `resource="resourceclaims/binding", verb="${verb}" permission`;
    const detail = `changing status.allocation or status.reservedFor requires ${wanted}: ${refusal}`;
    if (refusal !== undefined) errors.push(fieldForbidden("status.allocation", detail));
  }
  if (!status.allocation) return errors;
  const isNear = isOnNode(context, nodeOf(status.allocation));
  const verbs = [...(isNear ? [`associated-node:${verb}`] : []), `arbitrary-node:${verb}`];
  const namespace = metadata.namespace ?? "";
  for (const name of changedDrivers(status.devices, old.devices)) {
    const refusals: string[] = [];
    for (const each of verbs) {
      const refusal = await refusalOf({ verb: each, subresource: "driver", namespace, name }, context);
      if (refusal === undefined) break;
      refusals.push(refusal);
    }
    if (refusals.length < verbs.length) continue;
    const wanted = `resource="resourceclaims/driver", verb="[${verbs.join(" ")}]" permission`;
    errors.push(fieldForbidden("status.devices", `changing status.devices requires ${wanted}: ${refusals[0]}`));
  }
  return errors;
}

/** @returns why not; undefined: allowed */
async function refusalOf(
  wish: Pick<Attributes, "verb" | "subresource" | "namespace" | "name">,
  { user, services, requestVersion }: RequestContext,
): Promise<string | undefined> {
  const version = requestVersion?.version ?? "v1";
  const about = { group: "resource.k8s.io", version, resource: "resourceclaims", resourceRequest: true, path: "" };
  const attributes: Attributes = { user, ...about, ...wish };
  const { decision, reason, error } = await services.authorizer.authorize(attributes);
  if (decision === "allow") return undefined;
  return forbiddenTo(attributes, error && reason ? `${error}: ${reason}` : error || reason).message;
}

type Devices = ResourceClaim["status"]["devices"];

function changedDrivers(devices: Devices, before: Devices): string[] {
  const old = new Map((before ?? []).map((device) => [deviceId(device), device]));
  const changed = new Set<string>();
  for (const device of devices ?? []) {
    if (!semanticEqual(old.get(deviceId(device)), device)) changed.add(device.driver);
    old.delete(deviceId(device));
  }
  for (const { driver } of old.values()) changed.add(driver);
  return [...changed].sort();
}

/** Of an allocation for exactly one node. */
function nodeOf({ nodeSelector }: AllocationResult): string | undefined {
  const [term, ...terms] = nodeSelector?.nodeSelectorTerms ?? [];
  const [field, ...fields] = term?.matchFields ?? [];
  if (!field || terms.length > 0 || fields.length > 0 || term?.matchExpressions?.length) return undefined;
  const isName = field.key === "metadata.name" && field.operator === "In" && field.values?.length === 1;
  return isName ? field.values?.[0] : undefined;
}

/** Whether a service account's token is bound to a Pod on that node. */
function isOnNode({ user }: RequestContext, node: string | undefined): boolean {
  const nodes = user.extra?.[NODE_NAME] ?? [];
  const isServiceAccount = user.name.startsWith("system:serviceaccount:") && user.name.split(":").length === 4;
  const [name] = nodes;
  return isServiceAccount && nodes.length === 1 && name === node && validateDNS1123Subdomain(name ?? "").length === 0;
}
