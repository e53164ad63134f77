import { expect, test } from "vitest";
import type {
  DaemonSet,
  Deployment,
  DeploymentSpec,
  StatefulSet,
  StatefulSetSpec,
} from "../../../openapi/api/apps.v1.ts";
import { deepCopy } from "../../meta/equality.ts";
import { daemonSet } from "./daemon-set.ts";
import { deployment } from "./deployment.ts";
import { statefulSet } from "./stateful-set.ts";

// Nothing here reads the request.
const context = {} as never;
const messages = (errors: readonly { message(): string }[] | undefined) => errors?.map((error) => error.message());
const selector = { matchLabels: { a: "b" } };
const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "a", image: "x", resources: {} }] } };
const metadata = { name: "x", namespace: "default" };

function deploymentOf(spec: Partial<DeploymentSpec> = {}): Deployment {
  const object: Deployment = {
    metadata: { ...metadata },
    spec: { selector, template: deepCopy(template), strategy: {}, ...spec },
    status: {},
  };
  deployment.defaults?.(object);
  return object;
}

test("a Deployment rolls by a quarter", () => {
  expect(deploymentOf().spec).toMatchObject({
    replicas: 1,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
  });
  expect(deploymentOf({ strategy: { type: "Recreate" } }).spec.strategy).toEqual({ type: "Recreate" });
});

test.each<[string, Partial<DeploymentSpec>, string[]]>([
  ["nothing", {}, []],
  ["less than none", { replicas: -1 }, ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"]],
  [
    "an empty selector",
    { selector: {} },
    ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
  ],
  [
    "a selector of others",
    { selector: { matchLabels: { a: "c" } } },
    ['spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`'],
  ],
  [
    "a strategy",
    { strategy: { type: "Magic" } },
    [
      'spec.strategy: Unsupported value: {"Type":"Magic","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"',
    ],
  ],
  [
    "standing still",
    { strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: "0%" } } },
    ["spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"],
  ],
  [
    "more than all",
    { strategy: { rollingUpdate: { maxUnavailable: "101%" } } },
    ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
  ],
  [
    "a deadline before the first is ready",
    { minReadySeconds: 10, progressDeadlineSeconds: 10 },
    ["spec.progressDeadlineSeconds: Invalid value: 10: must be greater than minReadySeconds"],
  ],
  [
    "Pods that end",
    { template: { ...template, spec: { ...template.spec, restartPolicy: "Never" } } },
    ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
  ],
])("a Deployment is refused for: %s", (_, spec, expected) => {
  expect(messages(deployment.validate?.(deploymentOf(spec), context))).toEqual(expected);
});

test("an annotation is a new generation of a Deployment, a label is not", () => {
  const old = deploymentOf();
  old.metadata.generation = 1;
  const generation = (change: object) => {
    const now: Deployment = { ...deploymentOf(), metadata: { ...old.metadata, ...change } };
    deployment.prepareForUpdate?.(now, old, context);
    return now.metadata.generation;
  };
  expect(generation({ labels: { a: "b" } })).toBe(1);
  expect(generation({ annotations: { a: "b" } })).toBe(2);
});

test("a DaemonSet counts its templates in an annotation", () => {
  const key = "deprecated.daemonset.template.generation";
  const make = (image: string): DaemonSet => {
    const pods = { ...deepCopy(template), spec: { containers: [{ name: "a", image, resources: {} }] } };
    const object: DaemonSet = {
      metadata: { ...metadata },
      spec: { selector, template: pods, updateStrategy: {} },
      status: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
    };
    daemonSet.defaults?.(object);
    return object;
  };
  const first = make("x");
  daemonSet.prepareForCreate?.(first, context);
  expect(first.metadata.annotations?.[key]).toBe("1");
  const second = make("y");
  daemonSet.prepareForUpdate?.(second, first, context);
  expect(second.metadata.annotations?.[key]).toBe("2");
  expect(second.metadata.generation).toBe(2);
});

function statefulSetOf(spec: Partial<StatefulSetSpec> = {}): StatefulSet {
  const object: StatefulSet = {
    metadata: { ...metadata },
    spec: { selector, template: deepCopy(template), serviceName: "s", updateStrategy: {}, ...spec },
    status: { replicas: 0, availableReplicas: 0 },
  };
  statefulSet.defaults?.(object);
  return object;
}

test("of a StatefulSet little may change", () => {
  const old = statefulSetOf();
  const update = (spec: Partial<StatefulSetSpec>) =>
    messages(statefulSet.validateUpdate?.(statefulSetOf(spec), old, context));
  expect(update({ replicas: 3, minReadySeconds: 1 })).toEqual([]);
  expect(update({ serviceName: "t" })).toEqual([
    "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  ]);
});

test("a StatefulSet's template may mount the claims it will get", () => {
  const mounts = deepCopy(template);
  Object.assign(mounts.spec.containers[0] ?? {}, { volumeMounts: [{ name: "data", mountPath: "/data" }] });
  const claim = {
    metadata: { name: "data" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    status: {},
  };
  const object = statefulSetOf({ template: mounts, volumeClaimTemplates: [claim] });
  expect(messages(statefulSet.validate?.(object, context))).toEqual([]);
  expect(messages(statefulSet.validate?.(statefulSetOf({ template: mounts }), context))).toEqual([
    'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"',
  ]);
});

test.each([
  ["5", 0, []], // text that is a number counts as one
  ["-1%", 0, ["maxUnavailable: Required value: cannot be 0 when maxSurge is 0"]],
  [0, "-1%", ["maxUnavailable: Required value: cannot be 0 when maxSurge is 0"]],
])(
  "of a DaemonSet's maxUnavailable %j and maxSurge %j only percentages and whole numbers count",
  (max, surge, wrong) => {
    const rollingUpdate = { maxUnavailable: max, maxSurge: surge };
    const object: DaemonSet = {
      metadata: { ...metadata },
      spec: { selector, template: deepCopy(template), updateStrategy: { type: "RollingUpdate", rollingUpdate } },
      status: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
    };
    daemonSet.defaults?.(object);
    const errors = messages(daemonSet.validate?.(object, context)) ?? [];
    const counted = errors.filter((text) => text.includes("cannot be 0"));
    expect(counted).toEqual(wrong.map((text) => `spec.updateStrategy.rollingUpdate.${text}`));
  },
);
