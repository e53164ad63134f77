import { expect, test } from "vitest";
import { type Client, ManualClock, ObjectStore } from "../../client/index.ts";
import type { Scale } from "../../openapi/api/autoscaling.v1.ts";
import type { HorizontalPodAutoscaler, MetricSpec } from "../../openapi/api/autoscaling.v2.ts";
import type { Pod } from "../../openapi/api/core.v1.ts";
import { podMetricsOf, type ResourceMetrics } from "./metrics-client.ts";
import { type AutoscalerSettings, type Environment, reconcile, type State } from "./reconcile.ts";

const NOW = new Date("2026-01-01T12:00:00Z");
const SETTINGS: AutoscalerSettings = {
  syncPeriodMs: 15_000,
  downscaleStabilizationMs: 300_000,
  tolerance: 0.1,
  cpuInitializationMs: 300_000,
  initialReadinessMs: 30_000,
  workers: 1,
};

type Spec = Partial<HorizontalPodAutoscaler["spec"]>;

/** A target with Pods that ask for one CPU each, and metrics that say what the test tells them. */
class World {
  readonly clock = new ManualClock(NOW);
  readonly events: string[] = [];
  readonly pods = new ObjectStore<Pod>();
  readonly state: State = { memories: new Map(), selectors: new Map([["shop/web", undefined]]) };
  scale: Scale;
  hpa: HorizontalPodAutoscaler;
  /** CPU in thousandths by Pod, or an error. */
  usage: Record<string, number> | Error = {};
  values: number[] = [];
  selector = "app=web";

  constructor(replicas: number, spec: Spec) {
    this.scale = { metadata: { name: "web", namespace: "shop" }, spec: { replicas }, status: { replicas } };
    this.hpa = {
      metadata: { name: "web", namespace: "shop", uid: "1" },
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
        minReplicas: 1,
        maxReplicas: 10,
        metrics: [cpu(50)],
        ...spec,
      },
      status: { desiredReplicas: 0 },
    };
    this.addPods(replicas);
  }

  addPods(count: number, status?: Partial<Pod["status"]>): void {
    for (let i = 0; i < count; i++) {
      const name = `web-${this.pods.list().length}`;
      const longAgo = "2026-01-01T00:00:00Z";
      const ready = [{ type: "Ready", status: "True", lastTransitionTime: longAgo }];
      this.pods.set({
        metadata: { name, namespace: "shop", labels: { app: "web" } },
        spec: { containers: [{ name: "c", resources: { requests: { cpu: "1" } } }] },
        status: { phase: "Running", startTime: longAgo, conditions: ready, ...status },
      } as Pod);
    }
  }

  async round(): Promise<string | undefined> {
    const update = (_: string, hpa: HorizontalPodAutoscaler) => {
      this.hpa = hpa;
      return Promise.resolve(hpa);
    };
    const client = {
      get: () => Promise.resolve({ ...this.scale, status: { ...this.scale.status, selector: this.selector } }),
      updateStatus: update,
      updateSubresource: (_: string, __: unknown, scale: Scale) => {
        this.scale = { ...scale, status: { replicas: scale.spec?.replicas ?? 0 } };
        return Promise.resolve(scale);
      },
    } as unknown as Client; // no more of it is used
    const env: Environment = {
      client,
      clock: this.clock,
      settings: SETTINGS,
      pods: this.pods,
      mapper: {
        resources: (group, kind) =>
          kind === "Deployment" || kind === "Queue"
            ? Promise.resolve([
                { group, kind, version: "v1", resource: `${kind.toLowerCase()}s`, namespaced: true, verbs: [] },
              ])
            : Promise.reject(new Error(`no matches for kind "${kind}" in group "${group}"`)),
      },
      metrics: {
        resource: (resource, _, __, container) => {
          const { usage } = this;
          if (usage instanceof Error) return Promise.reject(usage);
          const found = Object.entries(usage).map(
            ([name, milli]): ResourceMetrics => ({
              metadata: { name },
              timestamp: NOW.toISOString(),
              window: "30s",
              containers: [{ name: "c", usage: { cpu: `${milli}m` } }],
            }),
          );
          return Promise.resolve(podMetricsOf(found, resource, container));
        },
        pods: () =>
          Promise.resolve(
            new Map(this.values.map((value, i) => [`web-${i}`, { value, timestamp: NOW.getTime(), windowMs: 0 }])),
          ),
        object: () => Promise.resolve(this.values[0] ?? 0),
        external: () =>
          this.values.length
            ? Promise.resolve(this.values)
            : Promise.reject(new Error("no metrics returned from external metrics API")),
      },
      event: (_, type, reason, message) => void this.events.push(`${type} ${reason} ${message}`),
    };
    try {
      await reconcile(this.hpa, env, this.state);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  use(...milli: number[]): void {
    this.usage = Object.fromEntries(milli.map((one, i) => [`web-${i}`, one]));
  }

  condition(type: string): string | undefined {
    const found = this.hpa.status.conditions?.find((one) => one.type === type);
    return found && `${found.status} ${found.reason} ${found.message}`;
  }
}

const cpu = (averageUtilization: number): MetricSpec => ({
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization } },
});

test("scales up at twice the wanted utilization, and says so", async () => {
  const world = new World(2, {});
  world.use(1000, 1000);
  expect(await world.round()).toBeUndefined();
  expect(world.scale.spec?.replicas).toBe(4);
  expect(world.events).toEqual([
    "Normal SuccessfulRescale New size: 4; reason: cpu resource utilization (percentage of request) above target",
  ]);
  expect(world.hpa.status).toMatchObject({
    currentReplicas: 2,
    desiredReplicas: 4,
    lastScaleTime: "2026-01-01T12:00:00Z",
    currentMetrics: [
      { type: "Resource", resource: { name: "cpu", current: { averageUtilization: 100, averageValue: "1" } } },
    ],
  });
  expect(world.hpa.status.conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`)).toEqual([
    "AbleToScale True SucceededRescale",
    "ScalingActive True ValidMetricFound",
    "ScalingLimited False DesiredWithinRange",
  ]);
});

test.each([
  { name: "within tolerance", replicas: 2, use: [540, 540], want: 2, able: "ReadyForNewScale" },
  {
    name: "usage is too high for the maximum",
    replicas: 6,
    use: Array(6).fill(1000),
    want: 10,
    able: "SucceededRescale",
  },
  { name: "growth is too fast", replicas: 2, use: [4000, 4000], want: 4, able: "SucceededRescale" },
  { name: "usage fell a moment ago", replicas: 4, use: [0, 0, 0, 0], want: 4, able: "ScaleDownStabilized" },
  { name: "nothing may run", replicas: 0, use: [], want: 0, able: "SucceededGetScale" },
  { name: "more run than may", replicas: 12, use: [], want: 10, able: "SucceededRescale" },
])("with $replicas replicas, when $name: $want", async ({ replicas, use, want, able }) => {
  const world = new World(replicas, {});
  world.use(...use);
  expect(await world.round()).toBeUndefined();
  expect(world.scale.spec?.replicas).toBe(want);
  expect(world.hpa.status.conditions?.find(({ type }) => type === "AbleToScale")?.reason).toBe(able);
});

test("scales down once the highest recommendation is five minutes old", async () => {
  const world = new World(4, {});
  world.use(125, 125, 125, 125);
  await world.round();
  expect(world.scale.spec?.replicas).toBe(4);
  world.clock.advance(301_000);
  await world.round();
  expect(world.scale.spec?.replicas).toBe(1);
  expect(world.events).toEqual(["Normal SuccessfulRescale New size: 1; reason: All metrics below target"]);
});

test("Pods without metrics count as idle when scaling up and as busy when scaling down", async () => {
  const up = new World(3, {});
  up.use(900, 900);
  await up.round();
  expect(up.scale.spec?.replicas).toBe(4); // 180 % of 3, not of 2
  const down = new World(3, { behavior: { scaleDown: rules(0, 100), scaleUp: rules(0, 100) } });
  down.use(100, 100);
  await down.round();
  expect(down.scale.spec?.replicas).toBe(3); // 100 + 100 + 1000 of 3000 is 40 %: ceil(0.8 * 3)
});

test("a Pod that is not ready yet does not count", async () => {
  const world = new World(1, {});
  world.addPods(1, { phase: "Pending", conditions: [] });
  world.use(1500);
  await world.round();
  expect(world.scale.spec?.replicas).toBe(3); // 1500 of 2000 is 75 %: ceil(1.5 * 2)
});

const rules = (stabilizationWindowSeconds: number, percent: number) => ({
  stabilizationWindowSeconds,
  selectPolicy: "Max",
  policies: [{ type: "Percent", value: percent, periodSeconds: 60 }],
});

test("policies limit a step, and what was done in their period counts", async () => {
  const policies = [{ type: "Pods", value: 1, periodSeconds: 60 }];
  const scaleUp = { stabilizationWindowSeconds: 0, selectPolicy: "Max", policies };
  const world = new World(2, { behavior: { scaleUp, scaleDown: rules(300, 100) } });
  world.use(1000, 1000);
  await world.round();
  expect(world.scale.spec?.replicas).toBe(3);
  expect(world.condition("ScalingLimited")).toBe(
    "True ScaleUpLimit the desired replica count is increasing faster than the maximum scale rate",
  );
  world.clock.advance(15_000);
  await world.round();
  expect(world.scale.spec?.replicas).toBe(3);
  world.clock.advance(61_000);
  await world.round();
  expect(world.scale.spec?.replicas).toBe(4);
});

test("an autoscaler's own tolerance counts", async () => {
  const scaleUp = { ...rules(0, 100), tolerance: "500m" };
  const world = new World(2, { behavior: { scaleUp, scaleDown: rules(300, 100) } });
  world.use(700, 700);
  await world.round();
  expect(world.scale.spec?.replicas).toBe(2);
});

test("without metrics it says why and scales nothing", async () => {
  const world = new World(2, {});
  world.usage = new Error("no metrics returned from resource metrics API");
  const problem =
    "failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API";
  const all = `invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${problem}`;
  expect(await world.round()).toBe(all);
  expect(world.events).toEqual([
    `Warning FailedGetResourceMetric ${problem}`,
    `Warning FailedComputeMetricsReplicas ${all}`,
  ]);
  expect(world.condition("ScalingActive")).toBe(
    `False FailedGetResourceMetric the HPA was unable to compute the replica count: ${problem}`,
  );
  expect(world.hpa.status.currentMetrics).toEqual([{ type: "" }]);
});

test.each([
  { target: { type: "AverageValue", averageValue: "1" }, words: "failed to get queue external metric" },
  { target: { type: "Value", value: "1" }, words: "failed to get external metric queue" },
])(
  "an external metric of $target.type that fails is told of without the words before it",
  async ({ target, words }) => {
    const external = { metric: { name: "queue", selector: { matchLabels: { a: "b" } } }, target };
    const world = new World(2, { metrics: [{ type: "External", external }] });
    const answer = await world.round();
    const start = "unable to get external metric shop/queue/&LabelSelector{MatchLabels:map[string]string{a: b,},";
    expect(answer).toContain(`failed to get queue external metric value: ${words}: ${start}`);
    expect(world.events[0]).toContain(`Warning FailedGetExternalMetric ${start}`);
    expect(world.condition("ScalingActive")).toContain(`compute the replica count: ${start}`);
  },
);

test("one broken metric of two allows to scale up, but not down", async () => {
  const external: MetricSpec = {
    type: "External",
    external: { metric: { name: "queue" }, target: { type: "Value", value: "1" } },
  };
  const up = new World(2, { metrics: [external, cpu(50)] });
  up.use(1000, 1000);
  expect(await up.round()).toContain(
    "invalid metrics (1 invalid out of 2), first error is: failed to get queue external",
  );
  expect(up.scale.spec?.replicas).toBe(4);
  const down = new World(2, { metrics: [external, cpu(50)] });
  down.use(0, 0);
  await down.round();
  expect(down.scale.spec?.replicas).toBe(2);
  expect(down.condition("ScalingActive")).toContain("False FailedGetExternalMetric");
});

test.each<{ name: string; metric: MetricSpec; values: number[]; want: number; above: string; current: unknown }>([
  {
    name: "Pods",
    metric: { type: "Pods", pods: { metric: { name: "rps" }, target: { type: "AverageValue", averageValue: "10" } } },
    values: [20_000, 10_000],
    want: 3,
    above: "pods metric rps",
    current: { averageValue: "15" },
  },
  {
    name: "Object value",
    metric: {
      type: "Object",
      object: {
        describedObject: { apiVersion: "example.com/v1", kind: "Queue", name: "q" },
        metric: { name: "depth" },
        target: { type: "Value", value: "10" },
      },
    },
    values: [20_000],
    want: 4,
    above: "Queue metric depth",
    current: { value: "20" },
  },
  {
    name: "External average",
    metric: {
      type: "External",
      external: {
        metric: { name: "depth", selector: { matchLabels: { q: "a" } } },
        target: { type: "AverageValue", averageValue: "10" },
      },
    },
    values: [15_000, 15_000],
    want: 3,
    above:
      "external metric depth(&LabelSelector{MatchLabels:map[string]string{q: a,},MatchExpressions:[]LabelSelectorRequirement{},})",
    current: { averageValue: "15" },
  },
  {
    name: "ContainerResource",
    metric: {
      type: "ContainerResource",
      containerResource: { name: "cpu", container: "c", target: { type: "AverageValue", averageValue: "500m" } },
    },
    values: [],
    want: 3,
    above: "cpu resource",
    current: { averageValue: "750m" },
  },
])("scales by a metric of type $name", async ({ metric, values, want, above, current }) => {
  const world = new World(2, { metrics: [metric] });
  world.values = values;
  world.use(750, 750);
  expect(await world.round()).toBeUndefined();
  expect(world.scale.spec?.replicas).toBe(want);
  expect(world.events).toEqual([`Normal SuccessfulRescale New size: ${want}; reason: ${above} above target`]);
  expect(Object.values(world.hpa.status.currentMetrics?.[0] ?? {})[1]).toMatchObject({ current });
});

test("a target of an unknown kind cannot be scaled", async () => {
  const world = new World(2, { scaleTargetRef: { apiVersion: "example.com/v1", kind: "Nothing", name: "web" } });
  const problem = 'no matches for kind "Nothing" in group "example.com"';
  expect(await world.round()).toBe(problem);
  expect(world.events).toEqual([`Warning FailedGetScale ${problem}`]);
  expect(world.condition("AbleToScale")).toBe(
    `False FailedGetScale the HPA controller was unable to get the target's current scale: ${problem}`,
  );
});

test("two autoscalers of the same Pods refuse to work", async () => {
  const world = new World(2, {});
  world.state.selectors.set("shop/other", { matchLabels: { app: "web" } });
  const problem = "pods by selector app=web are controlled by multiple HPAs: [shop/other shop/web]";
  expect(await world.round()).toBe(problem);
  expect(world.condition("ScalingActive")).toBe(`False AmbiguousSelector ${problem}`);
});

test("a scale without a selector, or with none that can be read, is told", async () => {
  const world = new World(2, {});
  world.selector = "";
  expect(await world.round()).toBe("selector is required");
  expect(world.condition("ScalingActive")).toBe("False InvalidSelector the HPA target's scale is missing a selector");
});
