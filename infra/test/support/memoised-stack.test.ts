import { expect, it } from "vitest";
import { defineConfig, type PlatformOutputs, synthVersionStack } from "../../src/rehearsal.ts";
import { memoised } from "./memoised-stack.ts";

const config = defineConfig({
  app: "shop",
  region: "eu-west-1",
  web: { folder: "web", build: "true", output: "dist" },
  api: { folder: "api", build: "true", output: "dist", image: { kind: "docker", dockerfile: "Dockerfile" } },
});

function outputs(suffix: string): PlatformOutputs {
  const names = [
    "listenerArn",
    "originSecretArn",
    "clusterName",
    "vpcId",
    "subnetIds",
    "taskSecurityGroupId",
  ] as const;
  const roles = ["taskRoleArn", "executionRoleArn"] as const;
  return Object.fromEntries(
    [...names, ...roles].map((name) => [name, `${name}-${suffix}`]),
  ) as unknown as PlatformOutputs;
}

it("memoised() gives what the real synthesis gives, for another version of another platform too", () => {
  const fast = memoised(synthVersionStack);
  for (const [id, slot, desiredCount, hex, suffix] of [
    ["20261122-101500-1f3a9c2", 7, 1, "a", "one"],
    ["20261123-111111-0e9d8c7", 90, 9, "b", "other"],
  ] as const) {
    const image = `registry/shop@sha256:${hex.repeat(64)}`;
    const props = { app: "shop", id, slot, image, desiredCount, config, outputs: outputs(suffix) };
    const [expected, got] = [synthVersionStack(props), fast(props)];
    expect({ ...got, templateBody: JSON.parse(got.templateBody) }).toEqual({
      ...expected,
      templateBody: JSON.parse(expected.templateBody),
    });
  }
});
