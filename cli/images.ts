import { Command } from "commander";

export const images = new Command("images").description("what simulated Pods run");

images
  .command("check")
  .description("run the examples of a file of simulated images; exit code 1 when one fails")
  .argument("<file>", "YAML or JSON, as for --images")
  .action(async (file: string) => {
    const { checkImageFile } = await import("../node-agent/start/check-images.ts");
    const results = await checkImageFile(file);
    for (const { what, problems } of results) {
      console.log(`${problems.length === 0 ? "ok  " : "FAIL"} ${what}`);
      for (const problem of problems) console.log(`     ${problem}`);
    }
    const failed = results.filter(({ problems }) => problems.length > 0).length;
    console.log(`${results.length - failed} of ${results.length} examples as they say`);
    if (failed > 0) process.exitCode = 1;
  });
