import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import type { CloudAssembly } from "aws-cdk-lib/cx-api";
import {
  defineConfig,
  type LockstepConfig,
  type LockstepConfigInput,
  projectRoot,
} from "../../src/config/config.ts";
import { PlatformStack } from "../../src/constructs/platform-stack.ts";

export interface Resource {
  Type: string;
  Properties: Record<string, any>;
  DeletionPolicy?: string;
}

/** A configuration for tests. Its names differ from the shipped app's, so that no name is right by accident. */
export function testConfig(change: Partial<LockstepConfigInput> = {}): LockstepConfig {
  return defineConfig({
    app: "shop",
    region: "eu-central-1",
    web: { folder: "web", build: "vite build", output: "dist" },
    api: {
      folder: "api",
      build: "node build.ts",
      output: "dist",
      image: { kind: "docker", dockerfile: "Dockerfile" },
      pathPatterns: ["/api/*", "/graphql"],
      port: 3000,
    },
    ...change,
  });
}

/** The cloud assembly of the platform, with the context of cdk.json and without bundling its Lambdas. */
export function synthesize(config: LockstepConfig = testConfig(), account?: string): CloudAssembly {
  const { context } = JSON.parse(readFileSync(join(projectRoot, "cdk.json"), "utf8"));
  const outdir = mkdtempSync(join(tmpdir(), "lockstep-platform-"));
  try {
    const app = new App({ outdir, context: { ...context, "aws:cdk:bundling-stacks": [] } });
    new PlatformStack(app, config, { env: { region: config.region, account } });
    const assembly = app.synth();
    for (const stack of assembly.stacks) void stack.template; // read it before its file is removed
    return assembly;
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** The resources of one type in a stack, by logical id. */
export function resources(assembly: CloudAssembly, stack: string, type?: string): Record<string, Resource> {
  const all = assembly.getStackByName(stack).template.Resources as Record<string, Resource>;
  return Object.fromEntries(Object.entries(all).filter(([, one]) => type === undefined || one.Type === type));
}

/** The only resource of a type. Throws if there is none or more than one. */
export function only(assembly: CloudAssembly, stack: string, type: string): Resource {
  const found = Object.values(resources(assembly, stack, type));
  if (found.length !== 1) throw new Error(`${found.length} resources of type ${type} in ${stack}`);
  return found[0]!;
}
