import type { buildEdge, EdgeSettings } from "@lockstep/edge/build";
import { FUNCTION_MAX_BYTES } from "@lockstep/edge/inspect-function";
import type { LockstepConfig } from "../config/config.ts";

/** Lambda quota: all environment variables of a function together. */
const MAX_ENVIRONMENT_BYTES = 4096;

/** What the checks read. */
export interface PlatformFacts {
  config: LockstepConfig;
  settings: EdgeSettings;
  functions: Omit<ReturnType<typeof buildEdge>, "route">;
}

/** A broken rule that AWS would report late, unclearly, or never. */
export interface FailedCheck {
  check: string;
  message: string;
}

/** Runs all checks. The stack runs them at synthesis, so that a configuration that fails one is never deployed. */
export function failedChecks(facts: PlatformFacts): FailedCheck[] {
  const checks: Record<string, (facts: PlatformFacts) => string[]> = {
    lifetimes,
    "viewer-function-size": viewerFunctionSize,
    "janitor-environment": janitorEnvironment,
  };
  return Object.entries(checks).flatMap(([check, run]) => run(facts).map((message) => ({ check, message })));
}

function lifetimes({ config, settings }: PlatformFacts): string[] {
  const cookie = settings.windowSeconds;
  const service = config.protection.windowSeconds;
  const files = config.files.lifetimeSeconds;
  if (cookie <= service && service <= files) return [];
  return [
    `cookie (${cookie} s) <= service (${service} s) <= files (${files} s) does not hold: a browser could keep a pin to a deleted version. Change protection.windowSeconds or files.lifetimeSeconds.`,
  ];
}

function viewerFunctionSize({ functions }: PlatformFacts): string[] {
  return Object.entries(functions).flatMap(([name, source]) => {
    const bytes = Buffer.byteLength(source);
    if (bytes <= FUNCTION_MAX_BYTES) return [];
    return [`${name} is ${bytes} bytes; a CloudFront Function can have at most ${FUNCTION_MAX_BYTES}.`];
  });
}

function janitorEnvironment({ config }: PlatformFacts): string[] {
  const bytes = Buffer.byteLength(`LOCKSTEP_APP${config.app}LOCKSTEP_CONFIG_JSON${JSON.stringify(config)}`);
  if (bytes <= MAX_ENVIRONMENT_BYTES) return [];
  return [
    `the configuration takes ${bytes} bytes of the janitor's environment, but Lambda allows ${MAX_ENVIRONMENT_BYTES}. Shorten api.environment.`,
  ];
}
