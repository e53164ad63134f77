import type { ObjectWatch } from "../auth/object-watch.ts";
import { goQuote } from "../meta/go-quote.ts";
import type { AdmissionObserver } from "./observer.ts";
import type { AdmissionPlugin } from "./plugin.ts";
import { alwaysAdmit, alwaysDeny } from "./plugins/always-deny.ts";
import { alwaysPullImages } from "./plugins/always-pull-images.ts";
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from "./plugins/certificates.ts";
import { defaultIngressClass } from "./plugins/default-ingress-class.ts";
import { defaultStorageClass } from "./plugins/default-storage-class.ts";
import { defaultTolerationSeconds, type TolerationSeconds } from "./plugins/default-toleration-seconds.ts";
import { denyServiceExternalIPs } from "./plugins/deny-service-external-ips.ts";
import { extendedResourceToleration } from "./plugins/extended-resource-toleration.ts";
import { limitPodHardAntiAffinityTopology } from "./plugins/limit-pod-hard-anti-affinity-topology.ts";
import { limitRanger } from "./plugins/limit-ranger/limit-ranger.ts";
import { namespaceAutoProvision } from "./plugins/namespace-auto-provision.ts";
import { namespaceExists } from "./plugins/namespace-exists.ts";
import { namespaceLifecycle } from "./plugins/namespace-lifecycle.ts";
import { nodeDeclaredFeatureValidator } from "./plugins/node-declared-feature-validator.ts";
import { nodeRestriction } from "./plugins/node-restriction/node-restriction.ts";
import { ownerReferencesPermissionEnforcement } from "./plugins/owner-references-permission-enforcement.ts";
import { persistentVolumeClaimResize } from "./plugins/persistent-volume-claim-resize.ts";
import { podResizeValidator } from "./plugins/pod-resize-validator.ts";
import type { PodSecurityObserver } from "./plugins/pod-security/observer.ts";
import { podSecurity } from "./plugins/pod-security/pod-security.ts";
import { podTopologyLabels } from "./plugins/pod-topology-labels.ts";
import { priority } from "./plugins/priority.ts";
import { resourceQuota } from "./plugins/resource-quota/resource-quota.ts";
import { runtimeClass } from "./plugins/runtime-class.ts";
import { serviceAccount } from "./plugins/service-account/service-account.ts";
import { storageObjectInUseProtection } from "./plugins/storage-object-in-use-protection.ts";
import { taintNodesByCondition } from "./plugins/taint-nodes-by-condition.ts";
import { type MutatingPolicies, mutatingAdmissionPolicy } from "./policy/mutating-admission-policy.ts";
import { compileMutator } from "./policy/mutator.ts";
import { PolicySource } from "./policy/policy-source.ts";
import { type ValidatingPolicies, validatingAdmissionPolicy } from "./policy/validating-admission-policy.ts";
import { compileValidator } from "./policy/validator.ts";
import type { WebhookClient } from "./webhook/client.ts";
import { Hooks } from "./webhook/hooks.ts";
import { mutatingAdmissionWebhook } from "./webhook/mutating-webhook.ts";
import { validatingAdmissionWebhook } from "./webhook/validating-webhook.ts";
import type { ServedVersions } from "./webhook/versions.ts";

/** What some plugins are made with. */
export interface PluginOptions {
  readonly tolerationSeconds: TolerationSeconds;
  readonly watch: ObjectWatch;
  readonly client: WebhookClient;
  readonly served: ServedVersions;
  readonly newId: () => string;
  readonly observer?: AdmissionObserver;
  readonly podSecurityObserver?: PodSecurityObserver;
  /** What is to be released when the server stops. */
  readonly onStop: (release: () => void) => void;
}

interface Entry {
  readonly name: string;
  readonly isDefault: boolean;
  /** Absent: upstream has a plugin of this name that does nothing unless features are on that are off by default. */
  readonly make?: (options: PluginOptions) => AdmissionPlugin;
  /** Why a plugin cannot be enabled here. */
  readonly missing?: string;
}

const NEEDS_CONFIGURATION = "it needs an admission control configuration file, which this server does not read";

/** All plugins in the order in which they run. (pkg/kubeapiserver/options/plugins.go) */
const PLUGINS: readonly Entry[] = [
  off(alwaysAdmit),
  off(namespaceAutoProvision),
  on(namespaceLifecycle),
  off(namespaceExists),
  off(limitPodHardAntiAffinityTopology),
  on(limitRanger),
  on(serviceAccount),
  off(nodeRestriction),
  on(taintNodesByCondition),
  off(alwaysPullImages),
  { name: "ImagePolicyWebhook", isDefault: false, missing: NEEDS_CONFIGURATION },
  { name: "PodSecurity", isDefault: true, make: (options) => podSecurity(options.podSecurityObserver) },
  { name: "PodNodeSelector", isDefault: false, missing: NEEDS_CONFIGURATION },
  on(priority),
  {
    name: "DefaultTolerationSeconds",
    isDefault: true,
    make: ({ tolerationSeconds }) => defaultTolerationSeconds(tolerationSeconds),
  },
  { name: "PodTolerationRestriction", isDefault: false, missing: NEEDS_CONFIGURATION },
  { name: "EventRateLimit", isDefault: false, missing: NEEDS_CONFIGURATION },
  off(extendedResourceToleration),
  on(defaultStorageClass),
  on(storageObjectInUseProtection),
  { name: "PodGroupProtection", isDefault: true },
  off(ownerReferencesPermissionEnforcement),
  on(persistentVolumeClaimResize),
  on(runtimeClass),
  on(certificateApproval),
  on(certificateSigning),
  { name: "ClusterTrustBundleAttest", isDefault: true },
  on(certificateSubjectRestriction),
  on(defaultIngressClass),
  off(denyServiceExternalIPs),
  on(podTopologyLabels),
  { name: "PodGroupWorkloadExists", isDefault: true },
  on(nodeDeclaredFeatureValidator),
  { name: "JobValidation", isDefault: true },
  on(podResizeValidator),
  {
    name: "MutatingAdmissionPolicy",
    isDefault: true,
    make: ({ watch, served, onStop }) => {
      const resources = { policies: "mutatingadmissionpolicies", bindings: "mutatingadmissionpolicybindings" };
      const policies: MutatingPolicies = new PolicySource(watch, resources, compileMutator);
      onStop(() => policies.stop());
      return mutatingAdmissionPolicy(policies, served);
    },
  },
  {
    name: "MutatingAdmissionWebhook",
    isDefault: true,
    make: (options) => mutatingAdmissionWebhook(followHooks("mutatingwebhookconfigurations", options), options),
  },
  {
    name: "ValidatingAdmissionPolicy",
    isDefault: true,
    make: ({ watch, served, onStop }) => {
      const resources = { policies: "validatingadmissionpolicies", bindings: "validatingadmissionpolicybindings" };
      const policies: ValidatingPolicies = new PolicySource(watch, resources, compileValidator);
      onStop(() => policies.stop());
      return validatingAdmissionPolicy(policies, served);
    },
  },
  {
    name: "ValidatingAdmissionWebhook",
    isDefault: true,
    make: (options) => validatingAdmissionWebhook(followHooks("validatingwebhookconfigurations", options), options),
  },
  { name: "ResourceQuota", isDefault: true, make: () => resourceQuota() },
  off(alwaysDeny),
];

function on(plugin: AdmissionPlugin): Entry {
  return { name: plugin.name, isDefault: true, make: () => plugin };
}

function off(plugin: AdmissionPlugin): Entry {
  return { name: plugin.name, isDefault: false, make: () => plugin };
}

function followHooks(resource: string, { watch, onStop }: PluginOptions): Hooks {
  const hooks = new Hooks(watch, resource);
  onStop(() => hooks.stop());
  return hooks;
}

/** `--enable-admission-plugins` and `--disable-admission-plugins`. */
export interface PluginSelection {
  readonly enable: readonly string[];
  readonly disable: readonly string[];
}

/** What is wrong with a selection, in upstream's words; empty = nothing. (AdmissionOptions.Validate) */
export function selectionProblems({ enable, disable }: PluginSelection): string[] {
  const find = (name: string) => PLUGINS.find((plugin) => plugin.name === name);
  const unknown = (flag: string, names: readonly string[]) =>
    names.filter((name) => !find(name)).map((name) => `${flag} plugin ${goQuote(name)} is unknown`);
  const both = [...new Set(enable.filter((name) => disable.includes(name)))].sort();
  const missing = enable.flatMap((name) => {
    const why = find(name)?.missing;
    return why ? [`enable-admission-plugins plugin ${goQuote(name)} cannot be enabled: ${why}`] : [];
  });
  return [
    ...unknown("enable-admission-plugins", enable),
    ...unknown("disable-admission-plugins", disable),
    ...(both.length > 0
      ? [`[${both.join(" ")}] in enable-admission-plugins and disable-admission-plugins overlapped`]
      : []),
    ...missing,
  ];
}

/** The plugins to run, in order. @throws Error for a selection that cannot be */
export function selectPlugins(selection: PluginSelection, options: PluginOptions): AdmissionPlugin[] {
  const problems = selectionProblems(selection);
  if (problems.length > 0) throw new Error(problems.join("; "));
  const { enable, disable } = selection;
  const isOn = ({ name, isDefault }: Entry) => enable.includes(name) || (isDefault && !disable.includes(name));
  return PLUGINS.filter(isOn).flatMap((entry) => entry.make?.(options) ?? []);
}
