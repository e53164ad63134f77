import { expect, test } from "vitest";
import { admissionChain } from "./chain.ts";
import type { AdmissionPlugin } from "./plugin.ts";
import { Reinvocation } from "./reinvocation.ts";
import { TestObjects, testAttributes, testContext } from "./test-context.ts";

const plugin = (name: string, log: string[], more: Partial<AdmissionPlugin> = {}): AdmissionPlugin => ({
  name,
  operations: ["CREATE"],
  admit: () => void log.push(`admit ${name}`),
  validate: () => void log.push(`validate ${name}`),
  ...more,
});

test("plugins run in order, each for its resources and operations only", async () => {
  const log: string[] = [];
  const chain = admissionChain(
    [
      plugin("a", log),
      plugin("b", log, { resources: ["pods"] }),
      plugin("c", log, { resources: ["deployments.apps"] }),
      plugin("d", log, { operations: ["DELETE"] }),
    ],
    testContext(new TestObjects()),
  );
  const { attributes } = testAttributes({});
  await chain.admit(attributes);
  await chain.validate(attributes);
  await chain.admit({ ...attributes, group: "apps", resource: "deployments" });
  expect(log).toEqual(["admit a", "admit b", "validate a", "validate b", "admit a", "admit c"]);
});

test("the first plugin that throws ends the request", async () => {
  const log: string[] = [];
  const refuse = () => {
    throw new Error("no");
  };
  const chain = admissionChain([plugin("a", log, { admit: refuse }), plugin("b", log)], testContext(new TestObjects()));
  await expect(chain.admit(testAttributes({}).attributes)).rejects.toThrow("no");
  expect(log).toEqual([]);
});

test("a plugin that requires it makes all run once more, and only once", async () => {
  const log: string[] = [];
  const chain = admissionChain(
    [
      plugin("a", log),
      plugin("hook", log, {
        admit(attributes) {
          attributes.reinvocation ??= new Reinvocation();
          attributes.reinvocation.required = true;
          log.push(`hook ${attributes.reinvocation.isReinvoke}`);
        },
      }),
    ],
    testContext(new TestObjects()),
  );
  await chain.admit(testAttributes({}).attributes);
  expect(log).toEqual(["admit a", "hook false", "admit a", "hook true"]);
});

test("an observer is told of plugins and of the whole", async () => {
  const told: string[] = [];
  let time = 0;
  const recorder =
    (who: readonly string[]) =>
    (...what: unknown[]) => {
      told.push([...who, ...what].join(" "));
    };
  const chain = admissionChain(
    [
      { name: "A", operations: ["CREATE"], validate: () => undefined },
      {
        name: "B",
        operations: ["CREATE"],
        validate() {
          throw new Error("no");
        },
      },
    ],
    testContext(new TestObjects()),
    {
      clock: () => time++,
      plugin: (...who) => recorder(who),
      step: (...who) => recorder(who),
      webhook: () => undefined,
      failOpen: () => undefined,
    },
  );
  await expect(chain.validate(testAttributes({}).attributes)).rejects.toThrow("no");
  expect(told).toEqual(["A validate CREATE 1 false", "B validate CREATE 1 true", "validate CREATE 4 true"]);
});
