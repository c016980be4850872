import { App } from "aws-cdk-lib";
import { ConfigError, loadConfig } from "./config/config.ts";
import { MapCopyStack } from "./platform/map-copy-stack.ts";
import { PlatformStack } from "./platform/platform-stack.ts";

/**
 * What the `cdk` command runs (cdk.json): the platform, outside us-east-1 the stack of the edge function, and a copy of the
 * version map where one is wanted. Versions
 * are not in here; a release makes their stacks. It asks nobody anything: no credentials, no network.
 */
try {
  const config = await loadConfig();
  const app = new App();
  new PlatformStack(app, config, {
    env: { region: config.region, account: process.env.CDK_DEFAULT_ACCOUNT },
  });
  const { mapFallbackRegion } = config.edge;
  if (mapFallbackRegion !== undefined)
    new MapCopyStack(app, config, {
      env: { region: mapFallbackRegion, account: process.env.CDK_DEFAULT_ACCOUNT },
    });
  app.synth();
} catch (error) {
  // A wrong value needs no stack trace; a fault does.
  console.error(error instanceof ConfigError ? error.message : error);
  process.exitCode = 1;
}
