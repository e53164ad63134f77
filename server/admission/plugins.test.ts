import { expect, test } from "vitest";
import { type PluginOptions, selectionProblems, selectPlugins } from "./plugins.ts";

const options: PluginOptions = {
  tolerationSeconds: { notReady: 300, unreachable: 300 },
  watch: { watch: () => () => undefined },
  client: { post: async () => ({}), stop: () => undefined },
  served: () => [],
  newId: () => "1",
  onStop: () => undefined,
};
const namesOf = (enable: string[], disable: string[]) =>
  selectPlugins({ enable, disable }, options).map(({ name }) => name);

test("policies, webhooks and then quotas come last", () => {
  expect(namesOf([], []).slice(-5)).toEqual([
    "MutatingAdmissionPolicy",
    "MutatingAdmissionWebhook",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionWebhook",
    "ResourceQuota",
  ]);
});

test("plugins are switched on and off in place", () => {
  const names = namesOf(["NodeRestriction", "AlwaysPullImages"], ["Priority", "PodSecurity"]);
  expect(names.slice(0, 5)).toEqual([
    "NamespaceLifecycle",
    "LimitRanger",
    "ServiceAccount",
    "NodeRestriction",
    "TaintNodesByCondition",
  ]);
  expect(names).toContain("AlwaysPullImages");
  expect(names).not.toContain("Priority");
});

test.each([
  { enable: ["Nope"], disable: [], problem: 'enable-admission-plugins plugin "Nope" is unknown' },
  { enable: [], disable: ["Nope"], problem: 'disable-admission-plugins plugin "Nope" is unknown' },
  {
    enable: ["Priority"],
    disable: ["Priority"],
    problem: "[Priority] in enable-admission-plugins and disable-admission-plugins overlapped",
  },
  {
    enable: ["EventRateLimit"],
    disable: [],
    problem: /^enable-admission-plugins plugin "EventRateLimit" cannot be enabled: /,
  },
])("enabling $enable and disabling $disable is refused", ({ enable, disable, problem }) => {
  expect(selectionProblems({ enable, disable })).toEqual([
    typeof problem === "string" ? problem : expect.stringMatching(problem),
  ]);
  expect(() => namesOf(enable, disable)).toThrow();
});
