import { expect, test } from "vitest";
import { systemClock as clock } from "../../client/index.ts";
import type { Container, Pod } from "../../openapi/api/core.v1.ts";
import { ensureImage } from "./image-pull.ts";

const image = { id: "sha256:1", names: ["reg/web:1"], sizeBytes: 5 };

test.each<[string, { there: boolean; may?: boolean; policy: string }, string[]]>([
  ["there, and the Pod may have it", { there: true, may: true, policy: "IfNotPresent" }, ["Pulled"]],
  ["there where nobody asks who may have it", { there: true, policy: "Never" }, ["Pulled"]],
  ["there, and the Pod may not have it", { there: true, may: false, policy: "IfNotPresent" }, ["Pulling", "Pulled"]],
  ["there, and always to be asked for", { there: true, may: true, policy: "Always" }, ["Pulling", "Pulled"]],
  ["there, not to be had and never asked for", { there: true, may: false, policy: "Never" }, ["ErrImageNeverPull"]],
  ["absent and never asked for", { there: false, policy: "Never" }, ["ErrImageNeverPull"]],
  ["absent", { there: false, policy: "IfNotPresent" }, ["Pulling", "Pulled"]],
])("an image that is %s", async (_what, { there, may, policy }, expected) => {
  const told: string[] = [];
  const runtime = {
    findImage: async () => (there ? image : undefined),
    ...(may !== undefined && { mayUse: async () => may }),
    pullImage: async () => image,
  };
  const container = { name: "c", image: "reg/web:1", imagePullPolicy: policy } as Container;
  const event = (_type: string, reason: string) => void told.push(reason);
  await ensureImage(container, {} as Pod, { runtime, clock, event }).catch((error: { reason: string }) =>
    told.push(error.reason),
  );
  expect(told).toEqual(expected);
});
