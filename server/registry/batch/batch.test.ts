import { describe, expect, test } from "vitest";
import type { CronJob, Job, JobSpec, JobStatus } from "../../../openapi/api/batch.v1.ts";
import { cronJob } from "./cron-job.ts";
import { scheduleError } from "./cron-schedule.ts";
import { countIndexes, firstOverlap } from "./indexes.ts";
import { job } from "./job.ts";
import { validateTimeZone } from "./time-zone.ts";

// Nothing here reads the request.
const context = { warn: () => undefined } as never;
const messages = (errors: readonly { message(): string }[] | undefined) => errors?.map((error) => error.message());

function jobOf(spec: Partial<JobSpec> = {}): Job {
  const template = {
    metadata: {},
    spec: { restartPolicy: "Never", containers: [{ name: "a", image: "x", resources: {} }] },
  };
  const object: Job = {
    metadata: { name: "j", namespace: "default", uid: "u" },
    spec: { template, ...spec },
    status: {},
  };
  job.defaults?.(object);
  job.prepareForCreate?.(object, context);
  return object;
}

test.each([
  [{}, true],
  [{ dryRun: ["All"] }, true],
  [{ propagationPolicy: "Background" as const }, false],
  [{ orphanDependents: true }, false],
])("deleting Jobs with %j, which need not be there, warns of Pods left behind: %j", (options, warns) => {
  const warnings: string[] = [];
  const listening = { warn: (text: string) => warnings.push(text) } as never;
  job.beforeDelete?.("none", listening, options);
  job.beforeDeleteCollection?.(listening, options);
  expect(warnings).toHaveLength(warns ? 2 : 0);
});

test("a Job gets a selector of its own, which shows in its labels too", () => {
  const labels = {
    "job-name": "j",
    "batch.kubernetes.io/job-name": "j",
    "controller-uid": "u",
    "batch.kubernetes.io/controller-uid": "u",
  };
  const object = jobOf();
  job.canonicalize?.(object);
  expect(object).toMatchObject({
    metadata: { generation: 1, labels },
    spec: {
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      completionMode: "NonIndexed",
      suspend: false,
      podReplacementPolicy: "TerminatingOrFailed",
      selector: { matchLabels: { "batch.kubernetes.io/controller-uid": "u" } },
      template: { metadata: { labels } },
    },
  });
});

test.each<[string, Partial<JobSpec>, string[]]>([
  ["nothing", {}, []],
  ["less than none", { completions: -1 }, ["spec.completions: Invalid value: -1: must be greater than or equal to 0"]],
  [
    "indexes without a number",
    { completionMode: "Indexed", parallelism: 1 },
    ["spec.completions: Required value: when completion mode is Indexed"],
  ],
  [
    "a limit an index without indexes",
    { backoffLimitPerIndex: 1 },
    ["spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode"],
  ],
  [
    "a rule without action",
    { podFailurePolicy: { rules: [{ action: "", onExitCodes: { operator: "In", values: [0] } }] } },
    [
      'spec.podFailurePolicy.rules[0].action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]',
      "spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator",
    ],
  ],
  [
    "a rule of nothing",
    { podFailurePolicy: { rules: [{ action: "Ignore" }] } },
    ["spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required"],
  ],
])("a Job is refused for: %s", (_, spec, expected) => {
  expect(messages(job.validate?.(jobOf(spec), context))).toEqual(expected);
});

test.each<[string, Partial<JobSpec>, (now: Job) => void, string[]]>([
  ["parallelism", {}, ({ spec }) => void Object.assign(spec, { parallelism: 3 }), []],
  [
    "completions",
    {},
    ({ spec }) => void Object.assign(spec, { completions: 3 }),
    ["spec.completions: Invalid value: 3: field is immutable"],
  ],
  [
    "completions of an indexed Job alone",
    { completionMode: "Indexed", completions: 2, parallelism: 2 },
    ({ spec }) => void Object.assign(spec, { completions: 3 }),
    ["spec.completions: Invalid value: 3: can only be modified in tandem with spec.parallelism"],
  ],
  [
    "the node selector of a suspended Job",
    { suspend: true },
    ({ spec }) => void Object.assign(spec.template.spec ?? {}, { nodeSelector: { a: "b" } }),
    [],
  ],
  [
    "when failures fail it",
    { podReplacementPolicy: "Failed" },
    ({ spec }) => {
      const onExitCodes = { operator: "In", values: [1] };
      spec.podFailurePolicy = { rules: [{ action: "FailJob", onExitCodes }] };
    },
    [
      'spec.podFailurePolicy: Invalid value: {"Rules":[{"Action":"FailJob","OnExitCodes":{"ContainerName":null,"Operator":"In","Values":[1]},"OnPodConditions":null}]}: field is immutable',
    ],
  ],
  [
    "when it has succeeded",
    { completionMode: "Indexed", completions: 2, successPolicy: { rules: [{ succeededIndexes: "0" }] } },
    ({ spec }) => void Object.assign(spec, { successPolicy: { rules: [{ succeededCount: 1 }] } }),
    ['spec.successPolicy: Invalid value: {"Rules":[{"SucceededIndexes":null,"SucceededCount":1}]}: field is immutable'],
  ],
])("an update changes %s", (_, spec, change, expected) => {
  const now = jobOf(spec);
  change(now);
  expect(messages(job.validateUpdate?.(now, jobOf(spec), context))).toEqual(expected);
});

describe("a Job's status", () => {
  const condition = (type: string, status = "True") => ({ type, status });
  test.each<[string, JobStatus, JobStatus, string[]]>([
    ["counts on", { succeeded: 1 }, { succeeded: 2 }, []],
    ["forgets", { failed: 2 }, { failed: 1 }, ["status.failed: Invalid value: 1: cannot decrease the failed counter"]],
    [
      "is complete too early",
      { startTime: "2020-01-01T00:00:00Z" },
      { startTime: "2020-01-01T00:00:00Z", conditions: [condition("Complete")] },
      [
        "status.completionTime: Required value: completionTime is required for Complete jobs",
        "status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
      ],
    ],
    [
      "takes its end back",
      { conditions: [condition("FailureTarget")] },
      {},
      ["status.conditions: Invalid value: cannot disable the terminal FailureTarget=True condition"],
    ],
    [
      "has more ready than active",
      {},
      { active: 1, ready: 2 },
      ["status.ready: Invalid value: 2: cannot set more ready pods than active"],
    ],
  ])("%s", (_, before, after, expected) => {
    const validate = job.subresources?.status?.validateUpdate;
    expect(messages(validate?.({ ...jobOf(), status: after }, { ...jobOf(), status: before }, context))).toEqual(
      expected,
    );
  });
});

test.each<[string, number | string]>([
  ["", 0],
  ["1,3-5,7", 5],
  [
    "1-2-3",
    "the fragment \"1-2-3\" violates the requirement that an index interval can have at most two parts separated by '-'",
  ],
  ["x", 'cannot convert string to integer for index: "x"'],
  ["10", 'too large index: "10"'],
  ["3,2", "non-increasing order, previous: 3, current: 2"],
])("indexes %j", (text, expected) => {
  if (typeof expected === "number") expect(countIndexes(text, 10)).toBe(expected);
  else expect(() => countIndexes(text, 10)).toThrow(expected);
});

test("completed and failed indexes do not overlap", () => {
  expect(firstOverlap("0-3", "5", 10)).toBeUndefined();
  expect(firstOverlap("0-3", "2-5", 10)).toBe(2);
});

test.each<[string, string | undefined]>([
  ["*/5 * * * *", undefined],
  ["0 0 1 jan sun", undefined],
  ["@hourly", undefined],
  ["@every 1h", undefined],
  ["* * *", "expected exactly 5 fields, found 3: [* * *]"],
  ["60 * * * *", "end of range (60) above maximum (59): 60"],
  ["* * 0 * *", "beginning of range (0) below minimum (1): 0"],
  ["x * * * *", 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
  ["5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"],
  ["*/0 * * * *", "step of range should be a positive number: */0"],
  ["@often", "unrecognized descriptor: @often"],
])("the schedule %j", (schedule, expected) => {
  expect(scheduleError(schedule)).toBe(expected);
});

test.each<[string, number]>([
  ["Europe/Zurich", 0],
  ["Etc/UTC", 0],
  ["UTC", 0],
  ["Nowhere/City", 1],
  ["../etc", 1],
  ["", 1],
])("the time zone %j", (zone, errors) => {
  expect(validateTimeZone(zone, "spec.timeZone")).toHaveLength(errors);
});

test("a CronJob's name leaves room for the time", () => {
  const object: CronJob = {
    metadata: { name: "c".repeat(53), namespace: "default" },
    spec: { schedule: "* * * * *", jobTemplate: { metadata: {}, spec: { template: jobOf().spec.template } } },
    status: {},
  };
  cronJob.defaults?.(object);
  expect(messages(cronJob.validate?.(object, context))).toEqual([
    `metadata.name: Invalid value: "${"c".repeat(53)}": must be no more than 52 characters`,
  ]);
});

test("a Job without labels is checked without them, and has those of its Pods once it is stored", () => {
  expect(jobOf().metadata.labels).toBeUndefined();
});
