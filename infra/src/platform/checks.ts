import type { buildEdge, EdgeSettings } from "@lockstep/edge/build";
import { hostOf, VERSION_MAP_MAX_BYTES, type VersionMap } from "@lockstep/edge/version-map";
import type { LockstepConfig } from "../config/config.ts";
import { MAX_VERSIONS } from "../config/protection.ts";
import { targetGroupName } from "../version/version-names.ts";

/** CloudFront Functions quota, not adjustable; past it `CreateFunction` refuses. CDK does not look. */
export const MAX_VIEWER_FUNCTION_BYTES = 10 * 1024;
/** Lambda quota: all environment variables of a function together. */
const MAX_ENVIRONMENT_BYTES = 4096;
/** Elastic Load Balancing quota: characters of a host condition. */
const MAX_HOST_LENGTH = 128;

/** What is known when the stack is synthesised. */
export interface PlatformFacts {
  config: LockstepConfig;
  settings: EdgeSettings;
  functions: Omit<ReturnType<typeof buildEdge>, "route">;
  /** Of the Lambda@Edge function, as Lambda names it. */
  routeArchitecture: string;
}

/** A rule that AWS would enforce later, worse, or never. */
export interface FailedCheck {
  check: string;
  message: string;
}

/** Every check that fails, by name. They run when the stack is synthesised: nothing that fails one is ever deployed. */
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
    `cookie (${cookie} s) <= service (${service} s) <= files (${files} s) does not hold: a browser could hold a pin to what is deleted. Change protection.windowSeconds or files.lifetimeSeconds.`,
  ];
}

function viewerFunctionSize({ functions }: PlatformFacts): string[] {
  return Object.entries(functions).flatMap(([name, source]) => {
    const bytes = Buffer.byteLength(source);
    if (bytes <= MAX_VIEWER_FUNCTION_BYTES) return [];
    return [`${name} is ${bytes} bytes; a CloudFront Function has at most ${MAX_VIEWER_FUNCTION_BYTES}.`];
  });
}

function edgeArchitecture({ routeArchitecture }: PlatformFacts): string[] {
  if (routeArchitecture === "x86_64") return [];
  return [`route is ${routeArchitecture}; Lambda@Edge runs x86_64 only.`];
}

function hostCondition({ config }: PlatformFacts): string[] {
  const host = hostOf(exampleId(0), config.edge.hostSuffix);
  const problems: string[] = [];
  if (host.length > MAX_HOST_LENGTH)
    problems.push(`${host} has ${host.length} characters; a host condition has at most ${MAX_HOST_LENGTH}.`);
  if (!/^[a-z0-9.-]+\.[a-z]+$/.test(host))
    problems.push(
      `${host} is no host condition: letters, digits, "-", ".", and letters only after the last dot.`,
    );
  return problems.map((problem) => `${problem} Change edge.hostSuffix.`);
}

function maxVersions({ config }: PlatformFacts): string[] {
  if (config.protection.maxVersions <= MAX_VERSIONS) return [];
  return [
    `protection.maxVersions is ${config.protection.maxVersions}; at most ${MAX_VERSIONS} fit an ALB, which has 100 target groups (not adjustable).`,
  ];
}

function mapCapacity({ config }: PlatformFacts): string[] {
  const bytes = Buffer.byteLength(JSON.stringify(fullMap(config)));
  if (bytes <= VERSION_MAP_MAX_BYTES) return [];
  return [
    `the map of ${config.protection.maxVersions} versions takes ${bytes} bytes; an SSM parameter holds ${VERSION_MAP_MAX_BYTES}. Lower protection.maxVersions or shorten edge.hostSuffix.`,
  ];
}

function janitorEnvironment({ config }: PlatformFacts): string[] {
  const bytes = Buffer.byteLength(`LOCKSTEP_APP${config.app}LOCKSTEP_CONFIG_JSON${JSON.stringify(config)}`);
  if (bytes <= MAX_ENVIRONMENT_BYTES) return [];
  return [
    `the configuration takes ${bytes} bytes of the janitor's environment; Lambda allows ${MAX_ENVIRONMENT_BYTES}. Shorten api.environment.`,
  ];
}

/** The longest map that `maxVersions` versions can make. */
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
