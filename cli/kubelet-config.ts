import { parse } from "yaml";
import { configReader } from "./config-reader.ts";
import type { ComponentSpec } from "./supervisor.ts";

type NodeOptions = Extract<ComponentSpec, { name: "node" }>["options"];
type CriOptions = NonNullable<NodeOptions["cri"]>;

/** What of a KubeletConfiguration real nodes follow. */
export type KubeletSettings = Pick<
  CriOptions,
  "eviction" | "imageLimits" | "logLimits" | "maxPods" | "podPidsLimit" | "allowedUnsafeSysctls"
> &
  Pick<NodeOptions, "clusterDns" | "clusterDomain">;

const VERSION = "kubelet.config.k8s.io/v1beta1";
const KIND = "KubeletConfiguration";
const FIELDS = [
  ...["apiVersion", "kind", "maxPods", "podPidsLimit", "allowedUnsafeSysctls", "clusterDNS", "clusterDomain"],
  ...["evictionHard", "evictionSoft", "evictionSoftGracePeriod", "evictionMinimumReclaim"],
  ...["evictionPressureTransitionPeriod", "evictionMaxPodGracePeriod", "mergeDefaultEvictionSettings"],
  ...["imageGCHighThresholdPercent", "imageGCLowThresholdPercent", "imageMinimumGCAge"],
  ...["containerLogMaxSize", "containerLogMaxFiles"],
];
const { fail, sectionOf, text, number, flag, time, strings, map } = configReader("the kubelet's configuration");

/** As kubeadm writes what nobody has set. */
const isUnset = (value: unknown): boolean =>
  value === null || value === "" || value === 0 || value === "0s" || isEmptyObject(value);
const isEmptyObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every(isUnset);

/** `a<1,b<2`, as flags have it. */
const list = (section: Readonly<Record<string, string>>, separator: string) =>
  Object.entries(section)
    .map(([name, value]) => `${name}${separator}${value}`)
    .join(",");

/**
 * Reads a KubeletConfiguration. (staging/src/k8s.io/kubelet/config/v1beta1/types.go)
 * @throws Error for what is wrong, or would have to change something that it cannot change here
 */
export function kubeletConfig(yaml: string): KubeletSettings {
  const file = sectionOf(parse(yaml), "the file", [...FIELDS, ...Object.keys((parse(yaml) ?? {}) as object)]);
  if (file.apiVersion !== VERSION || file.kind !== KIND) fail("kind", `must be ${KIND} of ${VERSION}`);
  for (const [field, value] of Object.entries(file)) {
    if (!FIELDS.includes(field) && !isUnset(value)) fail(field, "cannot be set here");
  }
  const hard = map(file, "evictionHard");
  const soft = map(file, "evictionSoft");
  const graces = map(file, "evictionSoftGracePeriod");
  const reclaim = map(file, "evictionMinimumReclaim");
  const transition = time(file, "evictionPressureTransitionPeriod", 0, true);
  const maxPodGraceSeconds = number(file, "evictionMaxPodGracePeriod");
  const high = number(file, "imageGCHighThresholdPercent");
  const low = number(file, "imageGCLowThresholdPercent");
  const minimumAgeMs = time(file, "imageMinimumGCAge", 0, true);
  const maxPods = number(file, "maxPods");
  // -1, kubelet's own, is no limit.
  const podPidsLimit = file.podPidsLimit === -1 ? undefined : number(file, "podPidsLimit");
  const maxSize = text(file, "containerLogMaxSize");
  const maxFiles = number(file, "containerLogMaxFiles");
  if (maxSize && !/^\d+([KMG]i|[kMG])?$/.test(maxSize)) fail("containerLogMaxSize", "must be an amount such as 10Mi");
  if (maxFiles !== undefined && maxFiles <= 1) fail("containerLogMaxFiles", "must be greater than 1");
  const sysctls = strings(file, "allowedUnsafeSysctls");
  const [clusterDns] = strings(file, "clusterDNS");
  const clusterDomain = text(file, "clusterDomain");
  return {
    eviction: {
      ...(hard && { hard: list(hard, "<") }),
      ...(flag(file, "mergeDefaultEvictionSettings") && { mergeDefaults: true }),
      ...(soft && { soft: list(soft, "<") }),
      ...(graces && { softGracePeriod: list(graces, "=") }),
      ...(reclaim && { minimumReclaim: list(reclaim, "=") }),
      ...(transition && { transitionMs: transition }),
      ...(maxPodGraceSeconds !== undefined && { maxPodGraceSeconds }),
    },
    imageLimits: {
      ...(high !== undefined && { highThresholdPercent: high }),
      ...(low !== undefined && { lowThresholdPercent: low }),
      ...(minimumAgeMs && { minimumAgeMs }),
    },
    logLimits: { ...(maxSize && { maxSize }), ...(maxFiles !== undefined && { maxFiles }) },
    ...(maxPods && { maxPods }),
    ...(podPidsLimit && { podPidsLimit }),
    ...(sysctls.length > 0 && { allowedUnsafeSysctls: sysctls }),
    ...(clusterDns && { clusterDns }),
    ...(clusterDomain && { clusterDomain }),
  };
}
