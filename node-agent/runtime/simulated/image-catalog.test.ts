import { expect, test } from "vitest";
import { ImageCatalog } from "./image-catalog.ts";

const catalog = new ImageCatalog([
  { names: ["web"], sizeBytes: 1 },
  { names: ["shop.example/team/web"], sizeBytes: 2 },
  { names: ["web:old"], sizeBytes: 3 },
  { names: ["web"], sizeBytes: 4 },
  { names: ["private"], pull: { error: "no basic auth credentials" } },
]);

test.each([
  ["web", 1],
  ["docker.io/library/web:1.2", 1],
  ["shop.example/team/web:1.2", 2],
  ["shop.example:5000/other/web:old", 3],
  ["unknown", undefined],
])("%s is definition %s", (image, size) => {
  expect(catalog.definitionOf(image)?.sizeBytes).toBe(size);
});

test.each([
  ["UPPER", "InvalidImageName"],
  ["foo:non-existent", "ErrImagePull"],
  ["private:1", "no basic auth credentials"],
])("%s cannot be had: %s", (image, text) => {
  expect(() => catalog.resolve(image)).toThrow(
    expect.objectContaining(text.startsWith("no ") ? { message: text } : { reason: text }),
  );
});
