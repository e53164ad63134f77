import { expect, test } from "vitest";
import { dataOf } from "./history.ts";

test("a revision's data has its keys in the order in which Go prints them", () => {
  const container = { name: "c", image: "i", resources: {} };
  const template = {
    spec: { restartPolicy: "Always", containers: [container] },
    metadata: { labels: { b: "1", a: "2" } },
  };
  expect(JSON.stringify(dataOf({ spec: { template } }))).toBe(
    '{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"a":"2","b":"1"}},"spec":{"containers":[{"image":"i","name":"c","resources":{}}],"restartPolicy":"Always"}}}}',
  );
});
