import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isVersionId } from "@lockstep/edge/version-id";
import { App, LegacyStackSynthesizer, Stack } from "aws-cdk-lib";
import { APP_TAG, VERSION_TAG, versionStackName } from "../base/version-names.ts";
import { MAX_VERSIONS } from "../config/protection.ts";
import { addVersionResources, type VersionStackProps } from "./version-resources.ts";

/** A stack as input for CloudFormation's `CreateStack`. */
export interface SynthesizedVersionStack {
  stackName: string;
  /** JSON, at most the 51,200 bytes that `CreateStack` accepts in the request. */
  templateBody: string;
  tags: { Key: string; Value: string }[];
}

/** Bytes of a template in a request (CloudFormation quota). A longer template must be in a bucket. */
const MAX_TEMPLATE_BYTES = 51_200;

/**
 * Synthesises the stack of one version: target group, listener rule, service, log group, scaling. Runs in this process,
 * because the `cdk` command takes seconds to start. The stack has no assets, so it needs no bootstrap bucket.
 *
 * @throws RangeError if a property is not valid
 */
export function synthVersionStack(props: VersionStackProps): SynthesizedVersionStack {
  checkProps(props);
  const stackName = versionStackName(props.app, props.id);
  const outdir = mkdtempSync(join(tmpdir(), "lockstep-version-"));
  try {
    // Tests validate the template with CloudFormation's rules, so that a release need not wait for it.
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

/** CloudFormation adds the tags of a stack to all of its resources. */
function versionTags({ app, id }: VersionStackProps) {
  return [
    { Key: APP_TAG, Value: app },
    { Key: VERSION_TAG, Value: id },
  ];
}

function checkProps({ id, slot, image, desiredCount }: VersionStackProps): void {
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
    `The template of ${stackName} is ${bytes} bytes; CloudFormation accepts ${MAX_TEMPLATE_BYTES}. Shorten api.environment in lockstep.config.ts.`,
  );
}
