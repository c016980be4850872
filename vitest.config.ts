import { defineConfig } from "vitest/config";

/** Tests that replace modules, start whole platforms in their process, or need a browser. */
const alone = [
  "local/test/{janitor,lambda,model,page,processes,story}/**/*.test.ts",
  "local/test/cloudfront/*-in-a-browser.test.ts",
];

/** Everything that `npm test` runs: units, the local AWS through the SDK, and the story in a browser. */
export default defineConfig({
  test: {
    // Two cores: more workers only make the processes that tests start compete with each other.
    maxWorkers: 2,
    testTimeout: 20_000,
    // A state that is waited for comes, or it does not; a busy machine is no reason to say that it did not.
    expect: { poll: { timeout: 10_000 } },
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: "alone",
          include: alone,
          globalSetup: ["local/test/browser/global-setup.ts"],
        },
      },
      {
        extends: true,
        test: {
          // One process for many files: to start one, and to load the SDK's clients, takes longer than most tests.
          name: "together",
          include: ["{edge,client,web,api,infra,local}/test/**/*.test.{ts,tsx}", ".ci/test/*.test.ts"],
          exclude: alone,
          isolate: false,
        },
      },
    ],
  },
});
