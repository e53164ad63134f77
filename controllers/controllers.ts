import type { Controller, CustomController } from "../client/index.ts";
import { bootstrapSignerController } from "./bootstrap/signer.ts";
import { tokenCleanerController } from "./bootstrap/token-cleaner.ts";
import { certificateApprovingController } from "./certificates/approving.ts";
import { certificateCleanerController } from "./certificates/cleaner.ts";
import { type SigningFiles, signerAuthorities } from "./certificates/signer-authorities.ts";
import { certificateSigningController } from "./certificates/signing.ts";
import { clusterRoleAggregationController } from "./cluster-role-aggregation.ts";
import { cronJobController } from "./cron-job.ts";
import { daemonSetController } from "./daemon-set/daemon-set.ts";
import { deploymentController } from "./deployment/deployment.ts";
import { deviceTaintEvictionController } from "./device-taint-eviction.ts";
import { disruptionController } from "./disruption/disruption.ts";
import { endpointSliceController } from "./endpoint-slice/endpoint-slice.ts";
import { endpointsController } from "./endpoint-slice/endpoints.ts";
import { endpointSliceMirroringController } from "./endpoint-slice/mirroring.ts";
import { garbageCollectorController } from "./garbage-collector/garbage-collector.ts";
import { horizontalPodAutoscalerController } from "./horizontal-pod-autoscaler/horizontal-pod-autoscaler.ts";
import type { AutoscalerSettings } from "./horizontal-pod-autoscaler/reconcile.ts";
import { jobController } from "./job/job.ts";
import { namespaceController } from "./namespace/namespace.ts";
import { type NodeIpamOptions, nodeIpamController } from "./node-ipam/node-ipam.ts";
import { nodeLifecycleController } from "./node-lifecycle/node-lifecycle.ts";
import { podGarbageCollectorController } from "./pod-garbage-collector.ts";
import { replicaSetController, replicationControllerController } from "./replica-set.ts";
import { resourceClaimController } from "./resource-claim/resource-claim.ts";
import { resourceQuotaController } from "./resource-quota/resource-quota.ts";
import { rootCaPublisherController } from "./root-ca-publisher.ts";
import { serviceAccountController } from "./service-account.ts";
import { keyFile } from "./service-account-token/key-file.ts";
import { legacyTokenCleanerController } from "./service-account-token/legacy-token-cleaner.ts";
import { serviceAccountTokenController } from "./service-account-token/service-account-token.ts";
import { serviceCidrController } from "./service-cidr.ts";
import { serviceLoadBalancerController } from "./service-load-balancer/service-load-balancer.ts";
import { statefulSetController } from "./stateful-set/stateful-set.ts";
import { taintEvictionController } from "./taint-eviction.ts";
import { ttlController } from "./ttl.ts";
import { ttlAfterFinishedController } from "./ttl-after-finished.ts";
import {
  type CheckPolicyTypes,
  validatingAdmissionPolicyStatusController,
} from "./validating-admission-policy/status.ts";
import { attachDetachController } from "./volume/attach-detach.ts";
import { ephemeralVolumeController } from "./volume/ephemeral.ts";
import { volumeExpanderController } from "./volume/expand.ts";
import { persistentVolumeBinderController } from "./volume/persistent-volume/binder.ts";
import {
  claimProtectionController,
  volumeAttributesClassProtectionController,
  volumeProtectionController,
} from "./volume/protection.ts";
import { simulatedProvisionerController } from "./volume/simulated-provisioner.ts";

/** What some controllers are told from outside. */
export interface ControllerSettings {
  /** PEM bundle for kube-root-ca.crt. Absent: it is not published. */
  rootCa?: string;
  /** Who signs certificates and for how long at most. Without files nobody does. */
  signing?: SigningFiles & { durationSeconds: number };
  /** File with the private key in PEM that signs tokens in Secrets. Without it they are given none. */
  serviceAccountKeyFile?: string;
  /** How long a token that a Secret holds may be unused before it is done away with, in ms. Absent: a year. */
  unusedTokenMs?: number;
  /** Ranges for nodes' Pods. Absent: nodes are given none. */
  nodeIpam?: NodeIpamOptions;
  /** Absent: as upstream's flags are by default. */
  horizontalPodAutoscaler?: AutoscalerSettings;
  /** Absent: types in expressions of policies are not looked at. */
  checkPolicyTypes?: CheckPolicyTypes;
  /** Who gives Services their load balancers. Absent: nobody here. */
  cloud?: "simulated";
}

/** As --legacy-service-account-token-clean-up-period is by default. */
const YEAR_MS = 365 * 24 * 3_600_000;

/** Every controller there is, in upstream's order of start. (cmd/kube-controller-manager/names) */
export function controllers(settings: ControllerSettings): (Controller | CustomController)[] {
  const { signing } = settings;
  const authorityOf = signing && signerAuthorities(signing);
  const { serviceAccountKeyFile, unusedTokenMs = YEAR_MS, rootCa = "" } = settings;
  return [
    ...(serviceAccountKeyFile
      ? [serviceAccountTokenController({ rootCa, token: keyFile(serviceAccountKeyFile).token })]
      : []),
    endpointsController,
    endpointSliceController,
    endpointSliceMirroringController,
    replicationControllerController,
    podGarbageCollectorController(),
    resourceQuotaController,
    namespaceController,
    serviceAccountController,
    daemonSetController(),
    deploymentController,
    replicaSetController,
    horizontalPodAutoscalerController(settings.horizontalPodAutoscaler),
    disruptionController,
    statefulSetController,
    jobController,
    cronJobController,
    ...(authorityOf ? [certificateSigningController({ authorityOf, durationSeconds: signing.durationSeconds })] : []),
    certificateApprovingController,
    certificateCleanerController,
    ttlController,
    bootstrapSignerController,
    tokenCleanerController,
    ttlAfterFinishedController,
    ...(settings.nodeIpam ? [nodeIpamController(settings.nodeIpam)] : []),
    nodeLifecycleController(),
    taintEvictionController(),
    deviceTaintEvictionController(),
    persistentVolumeBinderController,
    simulatedProvisionerController,
    attachDetachController,
    volumeExpanderController,
    clusterRoleAggregationController,
    claimProtectionController,
    volumeProtectionController,
    volumeAttributesClassProtectionController,
    ephemeralVolumeController,
    ...(settings.checkPolicyTypes ? [validatingAdmissionPolicyStatusController(settings.checkPolicyTypes)] : []),
    resourceClaimController,
    legacyTokenCleanerController(unusedTokenMs),
    serviceCidrController,
    ...(settings.cloud ? [serviceLoadBalancerController] : []),
    ...(settings.rootCa ? [rootCaPublisherController(settings.rootCa)] : []),
    // Last: it shares the watches that the others have asked for.
    garbageCollectorController,
  ];
}
