import { expect, test } from "vitest";
import { defaultConfiguration } from "./config/load.ts";
import type { PluginSets } from "./config/types.ts";
import { noDevices } from "./devices/no-devices.ts";
import { createProfile, type Profile } from "./profile.ts";

function profileWith(plugins: PluginSets): Profile {
  const [profile] = defaultConfiguration().profiles;
  if (!profile) throw new Error("no profile");
  return createProfile({ ...profile, plugins }, { isPreempting: () => false, devices: noDevices });
}
const names = (plugins: readonly { name: string }[]) => plugins.map(({ name }) => name);

test("without a choice the default plugins take part where they can", () => {
  const { plugins, weights } = profileWith({});
  expect(names(plugins.postFilter)).toEqual(["DynamicResources", "DefaultPreemption"]);
  expect(names(plugins.preEnqueue)).toEqual(["SchedulingGates", "DynamicResources", "DefaultPreemption"]);
  expect(names(plugins.filter)).toEqual([
    "NodeUnschedulable",
    "NodeName",
    "TaintToleration",
    "NodeAffinity",
    "NodePorts",
    "NodeResourcesFit",
    "VolumeRestrictions",
    "NodeVolumeLimits",
    "VolumeBinding",
    "VolumeZone",
    "PodTopologySpread",
    "InterPodAffinity",
    "DynamicResources",
    "NodeDeclaredFeatures",
  ]);
  expect(weights.get("TaintToleration")).toBe(3);
});

test("one point may be without a plugin, or count it more", () => {
  const { plugins, weights } = profileWith({
    filter: { disabled: [{ name: "NodePorts" }] },
    score: { enabled: [{ name: "ImageLocality", weight: 7 }], disabled: [{ name: "*" }] },
  });
  expect(names(plugins.filter)).not.toContain("NodePorts");
  expect(names(plugins.preFilter)).toContain("NodePorts");
  expect(names(plugins.score)).toEqual(["ImageLocality"]);
  expect(weights.get("ImageLocality")).toBe(7);
});

test("what is chosen for one point comes first there when it is chosen for all too", () => {
  const { plugins } = profileWith({ filter: { enabled: [{ name: "InterPodAffinity" }] } });
  expect(names(plugins.filter)[0]).toBe("InterPodAffinity");
});

test("a profile may take part with few plugins only", () => {
  const { plugins } = profileWith({
    multiPoint: {
      enabled: [{ name: "NodeResourcesFit" }, { name: "PrioritySort" }, { name: "DefaultBinder" }],
      disabled: [{ name: "*" }],
    },
  });
  expect(names(plugins.filter)).toEqual(["NodeResourcesFit"]);
  expect(plugins.postFilter).toEqual([]);
});

test.each<[PluginSets, string]>([
  [{ filter: { enabled: [{ name: "Nothing" }] } }, 'FilterPlugin "Nothing" does not exist'],
  [{ score: { enabled: [{ name: "NodeName" }] } }, 'plugin "NodeName" does not extend ScorePlugin plugin'],
  [
    { bind: { disabled: [{ name: "*" }] } },
    'at least one bind plugin is needed for profile with scheduler name "default-scheduler"',
  ],
  [
    { queueSort: { disabled: [{ name: "*" }] } },
    'only one queue sort plugin required for profile with scheduler name "default-scheduler", but got 0',
  ],
])("the choice %j is refused", (plugins, message) => {
  expect(() => profileWith(plugins)).toThrow(new Error(message));
});
