import { defineConfig } from "vitest/config";

const conditions = ["@imagespec/source"];
const resolve = { conditions };
const ssr = { resolve: { conditions } };

export default defineConfig({
  resolve,
  ssr,
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "plugins/*/src/**/*.test.ts"],
          testTimeout: 30_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: "integration",
          setupFiles: ["./vitest.setup.ts"],
          // Real processes, disks, engines and a package index take part: what fails once on a busy machine is tried once more.
          retry: 1,
          include: [
            "packages/*/test/**/*.test.ts",
            "plugins/*/test/**/*.test.ts",
            "integrations/*/test/**/*.test.ts",
            "examples/*/test/**/*.test.ts",
          ],
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
