import { defineConfig } from "vitest/config";

/** Everything that `npm test` runs: units, the local AWS through the SDK, and the story in a browser. */
export default defineConfig({
  test: {
    include: ["{edge,client,web,api,infra,local}/test/**/*.test.{ts,tsx}"],
    globalSetup: ["local/test/browser/global-setup.ts"],
    // Two cores: more workers only make the processes that tests start compete with each other.
    maxWorkers: 2,
    testTimeout: 20_000,
    // A state that is waited for comes, or it does not; a busy machine is no reason to say that it did not.
    expect: { poll: { timeout: 10_000 } },
    hookTimeout: 60_000,
  },
});
