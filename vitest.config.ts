import { defineConfig } from "vitest/config";

/** Tests that replace modules or start whole platforms in their process. */
const alone = [
  "local/test/{lambda,processes}/**/*.test.ts",
  "test/{janitor,model,story}/**/*.test.ts",
  "test/edge/*-in-a-browser.test.ts",
];

/** Everything that `npm test` runs: units, the local AWS through the SDK, and the story in a browser. */
export default defineConfig({
  test: {
    // One more than the two cores: tests also wait, for processes, browsers and timers. A fourth worker gains nothing.
    maxWorkers: 3,
    setupFiles: ["test/seed.ts"],
    testTimeout: 20_000,
    // A busy machine may reach an expected state late: a poll waits longer than vitest's one second.
    expect: { poll: { timeout: 10_000 } },
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          // One process for many files, as in "together": loading Vite and the browser's driver takes a second each time.
          name: "page",
          include: ["test/page/**/*.test.ts"],
          isolate: false,
          globalSetup: ["test/browser/global-setup.ts", "test/page/fixture-build.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "alone",
          include: alone,
          globalSetup: ["test/browser/global-setup.ts"],
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
          exclude: ["**/node_modules/**", "test/page/**", ...alone],
          isolate: false,
        },
      },
    ],
  },
});
