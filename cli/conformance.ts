import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command } from "commander";

interface Options {
  kubeconfig: string;
  focus?: string;
  report?: string;
}

export const conformance = new Command("conformance")
  .description("run the conformance suite, through stock clients, against any cluster")
  .requiredOption("--kubeconfig <path>", "an administrator's kubeconfig of the cluster")
  .option("--focus <regex>", "run only the tests whose name matches")
  .option("--report <dir>", "write junit.xml and report.html there")
  .action(async ({ kubeconfig, focus, report }: Options) => {
    // The variable is read by conformance/cluster.ts, in vitest's workers.
    process.env.INKUBE_CONFORMANCE_KUBECONFIG = resolve(kubeconfig);
    // Only a clone has the suite and its runner: neither belongs into a user's installation.
    const root = join(import.meta.dirname, "..");
    if (!existsSync(join(root, "conformance"))) {
      throw new Error("the conformance suite is not part of the package: run this command in a clone of inkube");
    }
    const { startVitest } = await import("vitest/node");
    const reportDir = report ? resolve(report) : undefined;
    if (reportDir) mkdirSync(reportDir, { recursive: true });
    const vitest = await startVitest("test", ["conformance/"], {
      root,
      watch: false,
      ...(focus && { testNamePattern: focus }),
      reporters: reportDir ? ["default", "junit", "html"] : ["default"],
      ...(reportDir && { outputFile: { junit: join(reportDir, "junit.xml"), html: join(reportDir, "report.html") } }),
    });
    await vitest.close();
    process.exit(vitest.state.getCountOfFailedTests() > 0 ? 1 : 0);
  });
