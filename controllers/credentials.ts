/**
 * The service account in kube-system that each controller acts as, where its name is not the controller's own. What
 * they may do is in the bootstrap roles `system:controller:<account>`. (cmd/kube-controller-manager/app)
 */
const ACCOUNTS: Readonly<Record<string, string>> = {
  "bootstrap-signer-controller": "bootstrap-signer",
  "certificatesigningrequest-approving-controller": "certificate-controller",
  "certificatesigningrequest-cleaner-controller": "certificate-controller",
  "certificatesigningrequest-signing-controller": "certificate-controller",
  "daemonset-controller": "daemon-set-controller",
  "endpoints-controller": "endpoint-controller",
  "endpointslice-mirroring-controller": "endpointslicemirroring-controller",
  "garbage-collector-controller": "generic-garbage-collector",
  "horizontal-pod-autoscaler-controller": "horizontal-pod-autoscaler",
  "legacy-serviceaccount-token-cleaner-controller": "legacy-service-account-token-cleaner",
  "node-ipam-controller": "node-controller",
  "node-lifecycle-controller": "node-controller",
  "persistentvolume-attach-detach-controller": "attachdetach-controller",
  "persistentvolume-binder-controller": "persistent-volume-binder",
  "persistentvolume-expander-controller": "expand-controller",
  "persistentvolume-protection-controller": "pv-protection-controller",
  "persistentvolumeclaim-protection-controller": "pvc-protection-controller",
  "pod-garbage-collector-controller": "pod-garbage-collector",
  "replicationcontroller-controller": "replication-controller",
  "resourceclaim-controller": "resource-claim-controller",
  "root-ca-certificate-publisher-controller": "root-ca-cert-publisher",
  "serviceaccount-controller": "service-account-controller",
  // Not upstream's: a provisioner needs just what the binder may do.
  "simulated-provisioner": "persistent-volume-binder",
  "service-cidr-controller": "service-cidrs-controller",
  "service-lb-controller": "service-controller",
  "taint-eviction-controller": "node-controller",
  "token-cleaner-controller": "token-cleaner",
};

/** Works as the manager itself: no account has a token in a Secret before this one has made it. */
export const actsAsManager = (controller: string): boolean => controller === "serviceaccount-token-controller";

/** Name of the account in kube-system. */
export const accountOf = (controller: string): string => ACCOUNTS[controller] ?? controller;
