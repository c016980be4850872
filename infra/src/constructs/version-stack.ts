import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isVersionId } from "@lockstep/edge/version-id";
import { App, LegacyStackSynthesizer, Stack } from "aws-cdk-lib";
import { APP_TAG, VERSION_TAG, versionStackName } from "../base/version-names.ts";
import { MAX_VERSIONS } from "../config/protection.ts";
import { addVersionResources, type VersionStackProps } from "./version-resources.ts";

/** A stack, ready for CloudFormation's `CreateStack`. */
export interface SynthesizedVersionStack {
  stackName: string;
  /** JSON; below the 51,200 bytes that `CreateStack` takes inline. */
  templateBody: string;
  tags: { Key: string; Value: string }[];
}

/** CloudFormation quota: a template in the request itself. A longer one would have to go through a bucket. */
const MAX_TEMPLATE_BYTES = 51_200;

/**
 * The stack of one version: target group, listener rule, service, log group, scaling. Synthesised in this process, because
 * the `cdk` command takes seconds to start and a release waits for it; without assets, so it needs no bootstrap bucket.
 *
 * @throws RangeError when a property cannot be right; nothing is made then
 */
export function synthVersionStack(props: VersionStackProps): SynthesizedVersionStack {
  refuseImpossible(props);
  const stackName = versionStackName(props.app, props.id);
  const outdir = mkdtempSync(join(tmpdir(), "lockstep-version-"));
  try {
    // Tests hold the template against CloudFormation's rules; a release need not wait for that again.
    const app = new App({
      outdir,
      analyticsReporting: false,
      treeMetadata: false,
      builtinCloudFormationValidation: false,
    });
    const stack = new Stack(app, stackName, {
      description: `Lockstep: version ${props.id} of ${props.app}`,
      synthesizer: new LegacyStackSynthesizer(),
    });
    addVersionResources(stack, props);
    const { template } = app.synth().getStackByName(stackName);
    return { stackName, templateBody: toBody(template, stackName), tags: versionTags(props) };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** CloudFormation puts the tags of a stack on all that it makes. */
function versionTags({ app, id }: VersionStackProps) {
  return [
    { Key: APP_TAG, Value: app },
    { Key: VERSION_TAG, Value: id },
  ];
}

function refuseImpossible({ id, slot, image, desiredCount }: VersionStackProps): void {
  if (!isVersionId(id)) throw new RangeError(`Not a version id: "${id}".`);
  if (!Number.isInteger(slot) || slot < 1 || slot > MAX_VERSIONS)
    throw new RangeError(`Version ${id}: slot ${slot} is not a whole number from 1 to ${MAX_VERSIONS}.`);
  if (!/^[^\s@]+@sha256:[0-9a-f]{64}$/.test(image))
    throw new RangeError(
      `Version ${id}: its image must be named by digest (…@sha256:<64 hex>), got "${image}".`,
    );
  if (!Number.isInteger(desiredCount) || desiredCount < 1)
    throw new RangeError(`Version ${id}: it must start with at least 1 task, got ${desiredCount}.`);
}

function toBody(template: unknown, stackName: string): string {
  const body = JSON.stringify(template);
  const bytes = Buffer.byteLength(body);
  if (bytes <= MAX_TEMPLATE_BYTES) return body;
  throw new RangeError(
    `The template of ${stackName} is ${bytes} bytes; CloudFormation takes ${MAX_TEMPLATE_BYTES}. Shorten api.environment in lockstep.config.ts.`,
  );
}
