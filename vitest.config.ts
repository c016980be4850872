import { defineConfig } from "vitest/config";

/** Tests that replace modules, start whole platforms in their process, or need a browser. */
const alone = [
  "local/test/{lambda,processes}/**/*.test.ts",
  "test/{janitor,model,page,story}/**/*.test.ts",
  "test/edge/*-in-a-browser.test.ts",
];

/** Everything that `npm test` runs: units, the local AWS through the SDK, and the story in a browser. */
export default defineConfig({
  test: {
    // Two cores: more workers only make the processes that tests start compete with each other.
    maxWorkers: 2,
    setupFiles: ["test/seed.ts"],
    testTimeout: 20_000,
    // A busy machine may reach an expected state late: a poll waits longer than vitest's one second.
    expect: { poll: { timeout: 10_000 } },
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: "alone",
          include: alone,
          globalSetup: ["test/browser/global-setup.ts", "test/page/fixture-build.ts"],
        },
      },
      {
        extends: true,
        test: {
          // One process for many files: to start one, and to load the SDK's clients, takes longer than most tests.
          name: "together",
          include: [
            "{edge,client,web,api,infra,local}/test/**/*.test.{ts,tsx}",
            "test/**/*.test.ts",
            ".ci/test/*.test.ts",
          ],
          exclude: ["**/node_modules/**", ...alone],
          isolate: false,
        },
      },
    ],
  },
});
