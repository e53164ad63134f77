import { expect, test } from "vitest";
import { kubeletConfig } from "./kubelet-config.ts";
import { kubeletFlags } from "./kubelet-flags.ts";

const file = (settings: object) => {
  const text = JSON.stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    ...settings,
  });
  return { path: "/kubelet.yaml", settings: kubeletConfig(text) };
};
const HARD = [
  "--eviction-hard",
  "memory.available<100Mi,nodefs.available<5%,nodefs.inodesFree<5%,imagefs.available<5%,imagefs.inodesFree<5%",
];
const IMAGES = ["--image-gc-high-threshold", "100"];

test("nodes of up leave the machine's disk to its user", () => {
  expect(kubeletFlags(undefined)).toEqual([...HARD, ...IMAGES]);
});

test.each([
  { name: "nothing of either", settings: { maxPods: 7 }, flags: [...HARD, ...IMAGES] },
  { name: "when Pods go", settings: { evictionHard: { "nodefs.available": "20%" } }, flags: IMAGES },
  { name: "when images go", settings: { imageGCHighThresholdPercent: 90 }, flags: HARD },
])("a file that says $name", ({ settings, flags }) => {
  expect(kubeletFlags(file(settings))).toEqual(["--config", "/kubelet.yaml", ...flags]);
});
