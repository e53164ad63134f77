import { expect, test } from "vitest";
import { kubeletConfig } from "./kubelet-config.ts";

const head = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
const read = (yaml: string) => kubeletConfig(head + yaml);
const nothing = { eviction: {}, imageLimits: {}, logLimits: {} };

test.each([
  ["", {}],
  // As kubeadm writes it.
  ["evictionPressureTransitionPeriod: 0s\nimageMinimumGCAge: 0s\nsyncFrequency: 0s\nmemorySwap: {}\n", {}],
  ["logging:\n  flushFrequency: 0\n  options: {json: {infoBufferSize: '0'}}\n".replace("'0'", "0"), {}],
  ["maxPods: 7\npodPidsLimit: 100\n", { maxPods: 7, podPidsLimit: 100 }],
  ["podPidsLimit: -1\n", {}],
  ["allowedUnsafeSysctls: [net.core.*]\n", { allowedUnsafeSysctls: ["net.core.*"] }],
  ["clusterDNS: [10.0.0.10]\nclusterDomain: here\n", { clusterDns: "10.0.0.10", clusterDomain: "here" }],
  ["containerLogMaxSize: 1Mi\ncontainerLogMaxFiles: 2\n", { logLimits: { maxSize: "1Mi", maxFiles: 2 } }],
  ["evictionHard: {nodefs.available: 1%}\n", { eviction: { hard: "nodefs.available<1%" } }],
  [
    "evictionHard: {nodefs.available: 1%}\nmergeDefaultEvictionSettings: true\n",
    { eviction: { hard: "nodefs.available<1%", mergeDefaults: true } },
  ],
  [
    "evictionSoft: {memory.available: 1Gi}\nevictionSoftGracePeriod: {memory.available: 1m}\n" +
      "evictionMaxPodGracePeriod: 9\nevictionPressureTransitionPeriod: 30s\nevictionMinimumReclaim: {memory.available: 1Mi}\n",
    {
      eviction: {
        ...{
          soft: "memory.available<1Gi",
          softGracePeriod: "memory.available=1m",
          minimumReclaim: "memory.available=1Mi",
        },
        ...{ maxPodGraceSeconds: 9, transitionMs: 30_000 },
      },
    },
  ],
  [
    "imageGCHighThresholdPercent: 50\nimageGCLowThresholdPercent: 0\nimageMinimumGCAge: 1s\n",
    { imageLimits: { highThresholdPercent: 50, lowThresholdPercent: 0, minimumAgeMs: 1000 } },
  ],
])("%j says %j", (yaml, settings) => {
  expect(read(yaml)).toEqual({ ...nothing, ...settings });
});

test.each([
  ["cpuManagerPolicy: static\n", "cpuManagerPolicy: cannot be set here"],
  ["maxPods: many\n", "maxPods: must be a number"],
  ["evictionHard: [1]\n", "evictionHard: must be an object"],
  ["evictionHard: {memory.available: 1}\n", "evictionHard: must have strings as its values"],
  ["containerLogMaxFiles: 1\n", "containerLogMaxFiles: must be greater than 1"],
  ["containerLogMaxSize: big\n", "containerLogMaxSize: must be an amount such as 10Mi"],
])("%j is refused: %s", (yaml, message) => {
  expect(() => read(yaml)).toThrow(message);
});

test("a file of another kind is refused", () => {
  expect(() => kubeletConfig("kind: Pod\n")).toThrow(
    "kind: must be KubeletConfiguration of kubelet.config.k8s.io/v1beta1",
  );
});
