import { readFile } from "node:fs/promises";
import type { ImageDefinition } from "./image.ts";

/** A file of images that nobody could use. */
export class ImageFileError extends Error {
  /** What the command line tells apart from a crash. */
  override readonly name = "UsageError";
}

/** Reads definitions of images from YAML or JSON: `images:` and a list. @throws ImageFileError */
export async function readImageFile(path: string): Promise<readonly ImageDefinition[]> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new ImageFileError(`${path}: ${error.code === "ENOENT" ? "no such file" : error.message}`);
  });
  // Nodes without such a file do without a parser and a validator.
  const [{ parse }, { checkImages }] = await Promise.all([import("yaml"), import("./image-schema.ts")]);
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw new ImageFileError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const problems = checkImages(content);
  if (problems.length > 0) throw new ImageFileError(problems.map((problem) => `${path}: ${problem}`).join("\n"));
  return (content as { images: ImageDefinition[] }).images; // it was just checked
}
