import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { silentLogger, systemClock } from "../../../../client/index.ts";
import { ImageCollector } from "./collector.ts";

const item = (id: string) => ({ id, size: 7, pinned: false, repoTags: [`${id}:1`], repoDigests: [] });

/** A node with three images, of which one has a container and one is a volume; its disk counts as full from 0 % on. */
function collector(removeImage: (id: string) => Promise<void>) {
  const warnings: string[][] = [];
  const removed: string[] = [];
  const made = new ImageCollector({
    client: {
      listContainers: async () => [{ imageRef: "runs" }] as never, // no more is read
      async removeImage(id) {
        await removeImage(id);
        removed.push(id);
      },
    },
    images: { refresh: async () => ["runs", "shown", "unused"].map(item) as never, forgetPulls: () => {} }, // ditto
    folder: tmpdir(),
    imageLimits: { highThresholdPercent: 0, lowThresholdPercent: 0, minimumAgeMs: 0 },
    mounted: () => new Set(["shown:1"]),
    warn: (reason, message) => warnings.push([reason, message]),
    clock: systemClock,
    logger: silentLogger,
  });
  return { made, removed, warnings };
}

test("images that nothing uses go, and an event of the node says that this was not enough", async () => {
  const { made, removed, warnings } = collector(async () => {});
  await expect(made.collect()).rejects.toThrow("Insufficient free disk space on the node's image filesystem (");
  expect(removed).toEqual(["unused"]);
  expect(warnings).toEqual([
    ["FreeDiskSpaceFailed", expect.stringContaining("unused images (freed 7 bytes). Investigate disk usage")],
  ]);
});

test("before Pods are evicted all of them go, whatever there is left", async () => {
  const { made, removed, warnings } = collector(async () => {});
  await made.removeUnused();
  expect([removed, warnings]).toEqual([["unused"], []]);
});

test("an image that cannot be removed is told of", async () => {
  const { made } = collector(async () => {
    throw new Error("read-only file system");
  });
  await expect(made.removeUnused()).rejects.toThrow(
    "wanted to free 9223372036854775807 bytes, but freed 0 bytes space with errors in image deletion: read-only file system",
  );
});
