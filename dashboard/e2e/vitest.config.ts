import { defineConfig } from "vitest/config";

// One story, told in order: each part goes on from where the one before ended.
export default defineConfig({
  test: {
    include: ["e2e/**/*.test.ts"],
    environment: "node",
    fileParallelism: false,
    sequence: { concurrent: false },
    testTimeout: 240_000,
    hookTimeout: 120_000,
    bail: 1,
  },
});
