import { defineConfig } from "vitest/config";

// One story, measured once, with nothing beside it.
export default defineConfig({
  test: {
    include: ["bench/**/*.bench.test.ts"],
    environment: "node",
    fileParallelism: false,
    testTimeout: 900_000,
  },
});
