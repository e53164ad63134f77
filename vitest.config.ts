import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    exclude: ["node_modules", "dist"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A deadline for machines under load, not a time to wait: what is there sooner is seen sooner.
    expect: { poll: { timeout: 20_000 } },
    maxWorkers: 2,
  },
});
