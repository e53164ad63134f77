import type { APIService } from "../../../openapi/api/apiregistration.k8s.io.v1.ts";
import type { CertificateSigningRequest } from "../../../openapi/api/certificates.k8s.io.v1.ts";
import type { Lease } from "../../../openapi/api/coordination.k8s.io.v1.ts";
import type { FlowSchema, PriorityLevelConfiguration } from "../../../openapi/api/flowcontrol.apiserver.k8s.io.v1.ts";
import type { RuntimeClass } from "../../../openapi/api/node.k8s.io.v1.ts";
import type { ClusterRoleBinding, RoleBinding, Subject } from "../../../openapi/api/rbac.authorization.k8s.io.v1.ts";
import type { ResourceClaim, ResourceSlice } from "../../../openapi/api/resource.k8s.io.v1.ts";
import type { PriorityClass } from "../../../openapi/api/scheduling.k8s.io.v1.ts";
import { humanDuration } from "../../meta/duration.ts";
import type { Cells, Printers } from "./cells.ts";

const binding: Cells<RoleBinding | ClusterRoleBinding> = {
  Role: ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`,
  Users: ({ subjects }) => subjectNames(subjects, "User"),
  Groups: ({ subjects }) => subjectNames(subjects, "Group"),
  ServiceAccounts: ({ subjects }) => subjectNames(subjects, "ServiceAccount"),
};

export const clusterPrinters: Printers = {
  "apiregistration.k8s.io/apiservices": {
    Service: ({ spec }: APIService) => (spec?.service ? `${spec.service.namespace}/${spec.service.name}` : "Local"),
    Available: ({ status }: APIService) => {
      const available = status?.conditions?.find(({ type }) => type === "Available");
      if (!available) return "Unknown";
      return available.status === "True" || !available.reason
        ? available.status
        : `${available.status} (${available.reason})`;
    },
  },
  "certificates.k8s.io/certificatesigningrequests": {
    SignerName: ({ spec }: CertificateSigningRequest) => spec.signerName || "<none>",
    Requestor: ({ spec }: CertificateSigningRequest) => spec.username ?? "",
    RequestedDuration: ({ spec }: CertificateSigningRequest) =>
      spec.expirationSeconds === undefined ? "<none>" : humanDuration(spec.expirationSeconds * 1000),
    Condition: certificateCondition,
  },
  "coordination.k8s.io/leases": { Holder: ({ spec }: Lease) => spec?.holderIdentity ?? "" },
  "flowcontrol.apiserver.k8s.io/flowschemas": {
    PriorityLevel: ({ spec }: FlowSchema) => spec?.priorityLevelConfiguration.name ?? "",
    MatchingPrecedence: ({ spec }: FlowSchema) => spec?.matchingPrecedence ?? 0,
    DistinguisherMethod: ({ spec }: FlowSchema) => spec?.distinguisherMethod?.type ?? "<none>",
    MissingPL: ({ status }: FlowSchema) => status?.conditions?.find(({ type }) => type === "Dangling")?.status ?? "?",
  },
  "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations": {
    Type: ({ spec }: PriorityLevelConfiguration) => spec?.type ?? "",
    NominalConcurrencyShares: ({ spec }: PriorityLevelConfiguration) =>
      spec?.limited ? (spec.limited.nominalConcurrencyShares ?? 0) : "<none>",
    Queues: (level: PriorityLevelConfiguration) => queuing(level)?.queues ?? "<none>",
    HandSize: (level: PriorityLevelConfiguration) => queuing(level)?.handSize ?? "<none>",
    QueueLengthLimit: (level: PriorityLevelConfiguration) => queuing(level)?.queueLengthLimit ?? "<none>",
  },
  "node.k8s.io/runtimeclasses": { Handler: ({ handler }: RuntimeClass) => handler },
  "rbac.authorization.k8s.io/clusterrolebindings": binding,
  "rbac.authorization.k8s.io/rolebindings": binding,
  "resource.k8s.io/resourceclaims": { State: claimState },
  "resource.k8s.io/resourceslices": {
    Node: ({ spec }: ResourceSlice) => spec.nodeName ?? "",
    Driver: ({ spec }: ResourceSlice) => spec.driver,
    Pool: ({ spec }: ResourceSlice) => spec.pool.name,
  },
  "scheduling.k8s.io/priorityclasses": {
    Value: ({ value }: PriorityClass) => value,
    "Global-Default": ({ globalDefault }: PriorityClass) => globalDefault ?? false,
    PreemptionPolicy: ({ preemptionPolicy }: PriorityClass) => preemptionPolicy ?? "",
  },
};

function subjectNames(subjects: readonly Subject[] | undefined, wanted: string): string {
  const names = (subjects ?? []).filter(({ kind }) => kind === wanted);
  return names
    .map(({ name, namespace }) => (wanted === "ServiceAccount" ? `${namespace ?? ""}/${name}` : name))
    .join(", ");
}

function certificateCondition({ status }: CertificateSigningRequest): string {
  const has = (wanted: string) => status?.conditions?.some(({ type }) => type === wanted);
  const decision = has("Denied") ? "Denied" : has("Approved") ? "Approved" : "Pending";
  return `${decision}${has("Failed") ? ",Failed" : ""}${status?.certificate ? ",Issued" : ""}`;
}

function queuing({ spec }: PriorityLevelConfiguration) {
  return spec?.limited?.limitResponse.queuing;
}

function claimState({ metadata, status }: ResourceClaim): string {
  const states: string[] = [];
  if (metadata?.deletionTimestamp) states.push("deleted");
  if (status?.allocation) states.push("allocated", ...(status.reservedFor?.length ? ["reserved"] : []));
  else if (!metadata?.deletionTimestamp) states.push("pending");
  return states.join(",");
}
