import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ImageCatalog } from "./image-catalog.ts";
import { readImageFile } from "./image-file.ts";
import { runExample } from "./run-example.ts";

const folder = mkdtempSync(join(tmpdir(), "images-"));
afterAll(() => rmSync(folder, { recursive: true }));
const written = (text: string) => {
  const path = join(folder, "images.yaml");
  writeFileSync(path, text);
  return path;
};

test("an image is a file's text, and its examples say what it does", async () => {
  const path = written(`
images:
- names: [greeter]
  entrypoint: [/greet]
  env: {WHOM: world}
  programs:
    /greet: |
      echo "hello $WHOM, \${1:-nobody else}"
      while read line; do echo "> $line"; done
  examples:
  - stdout: "hello world, nobody else\\n"
`);
  const images = new ImageCatalog(await readImageFile(path));
  const greet = (example: object) => runExample(images, "registry.example/greeter:2", example);
  expect(await greet({})).toEqual({ output: "hello world, nobody else\n", exitCode: 0 });
  expect(await greet({ env: { WHOM: "you" }, stdin: "a\nb\n" })).toEqual({
    output: "hello you, nobody else\n> a\n> b\n",
    exitCode: 0,
  });
});

test.each([
  ["images: [{names: [a], entrypoint: /greet}]", "/images/0/entrypoint must be array"],
  ["images: [{names: [a], entrypiont: [b]}]", "/images/0 must NOT have additional properties (entrypiont)"],
  ["images: [{names: [a], programs: {b: 'builtin:nonsense'}}]", "/images/0/programs/b names no program of ours"],
  ["image: []", "/ must have required property 'images'"],
  ["images: [", "Flow sequence in block collection must be"],
])("%s is refused: %s", async (text, message) => {
  await expect(readImageFile(written(text))).rejects.toThrow(message);
});

test("a file that is not there is said to be missing", async () => {
  await expect(readImageFile(join(folder, "nowhere.yaml"))).rejects.toThrow("nowhere.yaml: no such file");
});
