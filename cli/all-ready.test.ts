import { expect, test } from "vitest";
import { allReady } from "./all-ready.ts";

const ready = (name: string) => ({ name, ready: Promise.resolve() });
const never = (name: string) => ({ name, ready: new Promise<void>(() => {}) });
const broken = (name: string) => {
  const ready = Promise.reject(new Error(`${name} does not start (1): no disk`));
  ready.catch(() => {}); // it is looked at only when its row is
  return { name, ready };
};

test.each([
  { components: [], says: undefined },
  { components: [ready("scheduler"), ready("node-a")], says: undefined },
  { components: [ready("scheduler"), broken("node-a")], says: "node-a does not start (1): no disk" },
  {
    components: [broken("node-a"), ready("scheduler"), broken("node-b")],
    says: "node-a does not start (1): no disk\nnode-b does not start (1): no disk",
  },
  {
    components: [ready("scheduler"), never("dns"), never("node-a")],
    limit: 0,
    says: "dns not ready after 0 s\nnode-a not ready after 0 s",
  },
])("components that cannot start are told of: $says", async ({ components, limit = 60_000, says }) => {
  const said = await allReady(components, limit).then(
    () => undefined,
    (error: Error) => error.message,
  );
  expect(said).toBe(says);
});
