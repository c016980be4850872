import type { buildEdge, EdgeSettings } from "@lockstep/edge/build";
import { FUNCTION_MAX_BYTES } from "@lockstep/edge/inspect-function";
import { HOST_MAX_LENGTH, hostOf, VERSION_MAP_MAX_BYTES, type VersionMap } from "@lockstep/edge/version-map";
import { targetGroupName } from "../base/version-names.ts";
import type { LockstepConfig } from "../config/config.ts";
import { MAX_VERSIONS } from "../config/protection.ts";

/** Lambda quota: all environment variables of a function together. */
const MAX_ENVIRONMENT_BYTES = 4096;

/** What the checks read. */
export interface PlatformFacts {
  config: LockstepConfig;
  settings: EdgeSettings;
  functions: Omit<ReturnType<typeof buildEdge>, "route">;
  /** Architecture of the Lambda@Edge function, as Lambda names it. */
  routeArchitecture: string;
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
    "edge-architecture": edgeArchitecture,
    "host-condition": hostCondition,
    "max-versions": maxVersions,
    "map-capacity": mapCapacity,
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

function edgeArchitecture({ routeArchitecture }: PlatformFacts): string[] {
  if (routeArchitecture === "x86_64") return [];
  return [`route is ${routeArchitecture}, but Lambda@Edge only runs x86_64.`];
}

function hostCondition({ config }: PlatformFacts): string[] {
  const host = hostOf(exampleId(0), config.edge.hostSuffix);
  const problems: string[] = [];
  if (host.length > HOST_MAX_LENGTH)
    problems.push(
      `${host} has ${host.length} characters; a host condition can have at most ${HOST_MAX_LENGTH}.`,
    );
  if (!/^[a-z0-9.-]+\.[a-z]+$/.test(host))
    problems.push(
      `${host} is not a valid host condition: use letters, digits, "-" and ".", and only letters after the last dot.`,
    );
  return problems.map((problem) => `${problem} Change edge.hostSuffix.`);
}

function maxVersions({ config }: PlatformFacts): string[] {
  if (config.protection.maxVersions <= MAX_VERSIONS) return [];
  return [
    `protection.maxVersions is ${config.protection.maxVersions}, but at most ${MAX_VERSIONS} versions fit into an ALB, which can have 100 target groups (not adjustable).`,
  ];
}

function mapCapacity({ config }: PlatformFacts): string[] {
  const bytes = Buffer.byteLength(JSON.stringify(fullMap(config)));
  if (bytes <= VERSION_MAP_MAX_BYTES) return [];
  return [
    `the map of ${config.protection.maxVersions} versions takes ${bytes} bytes, but an SSM parameter can hold ${VERSION_MAP_MAX_BYTES}. Lower protection.maxVersions or shorten edge.hostSuffix.`,
  ];
}

function janitorEnvironment({ config }: PlatformFacts): string[] {
  const bytes = Buffer.byteLength(`LOCKSTEP_APP${config.app}LOCKSTEP_CONFIG_JSON${JSON.stringify(config)}`);
  if (bytes <= MAX_ENVIRONMENT_BYTES) return [];
  return [
    `the configuration takes ${bytes} bytes of the janitor's environment, but Lambda allows ${MAX_ENVIRONMENT_BYTES}. Shorten api.environment.`,
  ];
}

/** The longest map that `maxVersions` versions can have. */
function fullMap(config: LockstepConfig): VersionMap {
  const ids = Array.from({ length: config.protection.maxVersions }, (_, index) => exampleId(index));
  return {
    r: Number.MAX_SAFE_INTEGER,
    current: ids[0]!,
    floor: ids[0]!,
    suffix: config.edge.hostSuffix,
    versions: Object.fromEntries(ids.map((id) => [id, { tg: targetGroupName(id) }])),
  };
}

function exampleId(index: number): string {
  return `20260101-000000-${index.toString(16).padStart(7, "0")}`;
}
