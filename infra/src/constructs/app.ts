import { App } from "aws-cdk-lib";
import { ConfigError, loadConfig } from "../config/config.ts";
import { PlatformStack } from "./platform-stack.ts";

/**
 * The CDK app that `cdk` runs (cdk.json): the platform stack and, outside us-east-1, the stack of the edge function.
 * Releases create the stacks of versions. Synthesis needs no credentials and no network.
 */
try {
  const config = await loadConfig();
  const app = new App();
  new PlatformStack(app, config, {
    env: { region: config.region, account: process.env.CDK_DEFAULT_ACCOUNT },
  });
  app.synth();
} catch (error) {
  // A wrong value in the configuration needs no stack trace.
  console.error(error instanceof ConfigError ? error.message : error);
  process.exitCode = 1;
}
