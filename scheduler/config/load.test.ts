import { expect, test } from "vitest";
import { defaultConfiguration, loadConfiguration } from "./load.ts";

const HEAD = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n";

test("a configuration that says nothing is the default one", () => {
  expect(loadConfiguration(HEAD)).toEqual(defaultConfiguration());
});

test("what a profile says is kept, what it does not say is filled in", () => {
  const { profiles, podMaxBackoffSeconds } = loadConfiguration(`${HEAD}
podMaxBackoffSeconds: 30
profiles:
- schedulerName: packed
  pluginConfig:
  - name: NodeResourcesFit
    args: {scoringStrategy: {type: MostAllocated, resources: [{name: example.com/gpu, weight: 5}, {name: cpu}]}}
`);
  expect(podMaxBackoffSeconds).toBe(30);
  expect(profiles[0]?.schedulerName).toBe("packed");
  expect(profiles[0]?.args.NodeResourcesFit.scoringStrategy).toEqual({
    type: "MostAllocated",
    resources: [
      { name: "example.com/gpu", weight: 5 },
      { name: "cpu", weight: 1 },
    ],
  });
  expect(profiles[0]?.args.InterPodAffinity.hardPodAffinityWeight).toBe(1);
});

test.each([
  [
    "kind: Pod\napiVersion: v1",
    'no kind "Pod" is registered for version "v1" in scheme "pkg/scheduler/apis/config/scheme/scheme.go"',
  ],
  ["podMaxBackoff: 1", 'strict decoding error: unknown field "podMaxBackoff"'],
  [
    "profiles: [{plugin: {}, plugins: {filter: {enable: []}}}]",
    'strict decoding error: unknown field "profiles[0].plugin", unknown field "profiles[0].plugins.filter.enable"',
  ],
  [
    "podMaxBackoffSeconds: long",
    "json: cannot unmarshal string into Go struct field KubeSchedulerConfiguration.podMaxBackoffSeconds of type int32",
  ],
  [
    "profiles: [{pluginConfig: [{name: NodeResourcesFit, args: {strategy: x}}]}]",
    'decoding .profiles[0].pluginConfig[0]: decoding args for plugin NodeResourcesFit: strict decoding error: unknown field "strategy"',
  ],
  [
    "profiles: [{pluginConfig: [{name: NodeAffinity, args: {kind: InterPodAffinityArgs}}]}]",
    "decoding .profiles[0].pluginConfig[0]: args for plugin NodeAffinity were not of type NodeAffinityArgs.kubescheduler.config.k8s.io, got InterPodAffinityArgs.kubescheduler.config.k8s.io",
  ],
  ["podInitialBackoffSeconds: 0", "podInitialBackoffSeconds: Invalid value: 0: must be greater than 0"],
  [
    "podInitialBackoffSeconds: 20\npercentageOfNodesToScore: 101",
    "[percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100], podMaxBackoffSeconds: Invalid value: 10: must be greater than or equal to PodInitialBackoffSeconds]",
  ],
  [
    "profiles: [{schedulerName: a}, {schedulerName: a}]",
    'profiles[1].schedulerName: Duplicate value: "profiles[0].schedulerName"',
  ],
  ["profiles: [{}, {schedulerName: a}]", "profiles[0].schedulerName: Required value"],
  [
    "profiles: [{pluginConfig: [{name: InterPodAffinity, args: {hardPodAffinityWeight: 101}}]}]",
    "profiles[0].pluginConfig[0].args.hardPodAffinityWeight: Invalid value: 101: not in valid range [0, 100]",
  ],
  [
    "profiles: [{pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: {type: Best}}}]}]",
    'profiles[0].pluginConfig[0].args.scoringStrategy.type: Unsupported value: "Best": supported values: "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"',
  ],
  [
    "profiles: [{pluginConfig: [{name: PodTopologySpread, args: {defaultingType: List, defaultConstraints: [{maxSkew: 0, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}]}}]}]",
    "profiles[0].pluginConfig[0].args.defaultConstraints[0].maxSkew: Invalid value: 0: not in valid range (0, inf)",
  ],
  [
    "leaderElection: {leaseDuration: 5s}",
    'leaderElection.leaseDuration: Invalid value: "10s": LeaseDuration must be greater than RenewDeadline',
  ],
  [
    "extenders: [{urlPrefix: http://x, prioritizeVerb: p}]",
    "extenders[0].weight: Invalid value: 0: must have a positive weight applied to it",
  ],
])("%s is refused", (text, message) => {
  expect(() => loadConfiguration(text.startsWith("kind") ? text : HEAD + text)).toThrow(new Error(message));
});
