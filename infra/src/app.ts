import { App } from "aws-cdk-lib";
import { ConfigError, loadConfig } from "./config/config.ts";
import { PlatformStack } from "./platform/platform-stack.ts";

/**
 * What the `cdk` command runs (cdk.json): the platform and, outside us-east-1, the stack of the edge function. Versions
 * are not in here; a release makes their stacks. It asks nobody anything: no credentials, no network.
 */
try {
  const config = await loadConfig();
  const app = new App();
  new PlatformStack(app, config, {
    env: { region: config.region, account: process.env.CDK_DEFAULT_ACCOUNT },
  });
  app.synth();
} catch (error) {
  // A wrong value needs no stack trace; a fault does.
  console.error(error instanceof ConfigError ? error.message : error);
  process.exitCode = 1;
}
