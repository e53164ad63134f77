import { expect, test } from "vitest";
import { ImageCatalog } from "./image-catalog.ts";
import { knownImages } from "./known-images.ts";
import { runExample } from "./run-example.ts";

const catalog = new ImageCatalog(knownImages);
const examples = knownImages.flatMap(({ names, examples: list = [] }) =>
  list.map((example) => ({ image: names[0] ?? "", example, what: example.run?.join(" ") ?? "its own command" })),
);

test.each(examples)("$image runs $what", async ({ image, example }) => {
  const { output, exitCode } = await runExample(catalog, image, example);
  expect(exitCode).toBe(example.exit ?? 0);
  if (example.stdout !== undefined) expect(output).toBe(example.stdout);
});
