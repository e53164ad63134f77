import { ImageCatalog } from "../runtime/simulated/image-catalog.ts";
import { readImageFile } from "../runtime/simulated/image-file.ts";
import { knownImages } from "../runtime/simulated/known-images.ts";
import { runExample } from "../runtime/simulated/run-example.ts";

export interface CheckedExample {
  /** Name of the image, and what was run in it. */
  readonly what: string;
  /** What came out otherwise than the example says; empty when all is as it says. */
  readonly problems: readonly string[];
}

/** Runs all examples of a file of images. @throws Error when the file is no such file */
export async function checkImageFile(path: string): Promise<readonly CheckedExample[]> {
  const own = await readImageFile(path);
  const catalog = new ImageCatalog([...own, ...knownImages]);
  const results: CheckedExample[] = [];
  for (const { names, examples = [] } of own) {
    const image = names[0] ?? "";
    for (const example of examples) {
      const what = `${image} ${example.run?.join(" ") ?? "by itself"}`;
      try {
        const { output, exitCode } = await runExample(catalog, image, example);
        const problems: string[] = [];
        const wanted = example.exit ?? 0;
        if (exitCode === undefined) problems.push("does not end: say for how many seconds it runs");
        else if (exitCode !== wanted) problems.push(`ends with ${exitCode} instead of ${wanted}`);
        if (example.stdout !== undefined && output !== example.stdout) {
          problems.push(`writes ${JSON.stringify(output)} instead of ${JSON.stringify(example.stdout)}`);
        }
        results.push({ what, problems });
      } catch (error) {
        results.push({ what, problems: [error instanceof Error ? error.message : String(error)] });
      }
    }
  }
  return results;
}
