import { BUILDS_PATH } from "@lockstep/edge/build-path";
import { LOCKSTEP_PATH } from "@lockstep/edge/names";
import { HOST_MAX_LENGTH, HOST_SUFFIX_MAX_LENGTH } from "@lockstep/edge/version-map";
import type { ConfigProblem } from "./config-error.ts";
import { formatDuration } from "./duration.ts";
import type { LockstepConfig } from "./schema.ts";

/** Checks the rules between fields. */
export function brokenRelations(config: LockstepConfig): ConfigProblem[] {
  const { api, web, protection, files, edge } = config;
  const window = formatDuration(protection.windowSeconds);
  const problems: ConfigProblem[] = [];
  if (protection.graceSeconds > protection.windowSeconds)
    problems.push({
      path: "protection.graceSeconds",
      expected: `at most protection.windowSeconds (${window}): after the window a version is retired in any case`,
      got: formatDuration(protection.graceSeconds),
      example: JSON.stringify(window),
    });
  // A heartbeat can be late: a busy page delays its timers. A quarter of the time between two of them allows for that.
  if (protection.heartbeatSeconds * 1.25 >= protection.idleSeconds)
    problems.push({
      path: "protection.heartbeatSeconds",
      expected: `less than 4/5 of protection.idleSeconds (${formatDuration(protection.idleSeconds)}): otherwise a page that sends no requests loses its version between two heartbeats`,
      got: formatDuration(protection.heartbeatSeconds),
      example: JSON.stringify(formatDuration(Math.floor(protection.idleSeconds / 2))),
    });
  if (files.lifetimeSeconds < protection.windowSeconds)
    problems.push({
      path: "files.lifetimeSeconds",
      expected: `at least protection.windowSeconds (${window}): a page that is still pinned may request its files`,
      got: formatDuration(files.lifetimeSeconds),
      example: JSON.stringify(window),
    });
  if (api.maxTasks < api.minTasks)
    problems.push({
      path: "api.maxTasks",
      expected: `at least api.minTasks (${api.minTasks})`,
      got: String(api.maxTasks),
      example: String(api.minTasks),
    });
  if (edge.hostSuffix.length > HOST_SUFFIX_MAX_LENGTH)
    problems.push({
      path: "edge.hostSuffix",
      expected: `at most ${HOST_SUFFIX_MAX_LENGTH} characters, because <version id>.<hostSuffix> must fit into an ALB host condition of ${HOST_MAX_LENGTH}`,
      got: `${edge.hostSuffix.length} characters`,
      example: JSON.stringify(`${config.app}.internal`),
    });
  problems.push(
    ...fargateSize(api.cpu, api.memory),
    ...shadowedPatterns(api.pathPatterns, hashedPrefixes(web)),
    ...ownPaths(web),
    ...tooManyBehaviors(config),
  );
  return problems;
}

/** CPU units → [smallest, largest, step] MiB (ECS developer guide, "Task CPU and memory"). */
const FARGATE_MEMORY: Record<number, readonly [number, number, number]> = {
  256: [512, 2048, 512],
  512: [1024, 4096, 1024],
  1024: [2048, 8192, 1024],
  2048: [4096, 16_384, 1024],
  4096: [8192, 30_720, 1024],
  8192: [16_384, 61_440, 4096],
  16384: [32_768, 122_880, 8192],
};

function fargateSize(cpu: number, memory: number): ConfigProblem[] {
  const range = FARGATE_MEMORY[cpu];
  if (range === undefined)
    return [
      {
        path: "api.cpu",
        expected: `Fargate CPU units: ${Object.keys(FARGATE_MEMORY).join(", ")}`,
        got: String(cpu),
        example: "256",
      },
    ];
  const [min, max, step] = range;
  // 256 CPU units have 512, 1024 and 2048 MiB, not 1536.
  const allowed = memory >= min && memory <= max && memory % step === 0 && !(cpu === 256 && memory === 1536);
  if (allowed) return [];
  return [
    {
      path: "api.memory",
      expected: `MiB that Fargate has for ${cpu} CPU units: ${min} to ${max} in steps of ${step}${cpu === 256 ? " (not 1536)" : ""}`,
      got: String(memory),
      example: String(min),
    },
  ];
}

/** Paths that belong to Lockstep. An API pattern that matches them would break every page. */
const OWN_PREFIXES = [BUILDS_PATH, LOCKSTEP_PATH];

function shadowedPatterns(patterns: readonly string[], hashed: readonly string[]): ConfigProblem[] {
  return patterns.flatMap((pattern, index) => {
    const fixedPart = pattern.slice(0, pattern.search(/[*?]|$/));
    const own = [...hashed, ...OWN_PREFIXES].find((prefix) => overlap(fixedPart, prefix));
    const repeated = patterns.indexOf(pattern) < index;
    if (own === undefined && !repeated) return [];
    const expected = repeated ? "each pattern once" : `a pattern that leaves ${own}* to the frontend`;
    return [
      { path: `api.pathPatterns[${index}]`, expected, got: JSON.stringify(pattern), example: '"/api/*"' },
    ];
  });
}

function overlap(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}

/** The paths of the shared files of a frontend, on the distribution: `/assets/`, `/app/_astro/`. */
export function hashedPrefixes({ base, hashedFolders }: LockstepConfig["web"]): string[] {
  return hashedFolders.map((folder) => `${base}${folder}/`);
}

/** The frontend must not be below a path of Lockstep, and a shared folder must not be inside another one. */
function ownPaths(web: LockstepConfig["web"]): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const taken = OWN_PREFIXES.find((prefix) => web.base.startsWith(prefix));
  if (taken !== undefined)
    problems.push({
      path: "web.base",
      expected: `a path outside ${taken}, which belongs to Lockstep`,
      got: JSON.stringify(web.base),
      example: '"/app/"',
    });
  const prefixes = hashedPrefixes(web);
  for (const [index, prefix] of prefixes.entries()) {
    const own = OWN_PREFIXES.find((one) => overlap(prefix, one));
    const other = prefixes.find((one, at) => at !== index && prefix.startsWith(one));
    if (own === undefined && other === undefined) continue;
    problems.push({
      path: `web.hashedFolders[${index}]`,
      expected:
        own === undefined
          ? `a folder outside ${other}, which is already shared`
          : `a folder outside ${own}, which belongs to Lockstep`,
      got: JSON.stringify(web.hashedFolders[index]),
      example: '"assets"',
    });
  }
  return problems;
}

/** Maximum number of cache behaviors of a distribution, including the default one (CloudFront quota; adjustable). */
const MAX_BEHAVIORS = 25;
/** Number of Lockstep's own behaviors: the default one, paths with a dot, the status, and the heartbeat. */
const OWN_BEHAVIORS = 4;

function tooManyBehaviors({ api, web }: LockstepConfig): ConfigProblem[] {
  const count = OWN_BEHAVIORS + api.pathPatterns.length + web.hashedFolders.length;
  if (count <= MAX_BEHAVIORS) return [];
  return [
    {
      path: "api.pathPatterns",
      expected: `at most ${MAX_BEHAVIORS - OWN_BEHAVIORS} path patterns and web.hashedFolders together: a distribution can have ${MAX_BEHAVIORS} cache behaviors, and Lockstep needs ${OWN_BEHAVIORS} of them`,
      got: `${api.pathPatterns.length} patterns and ${web.hashedFolders.length} folders`,
      example: '["/api/*"]',
    },
  ];
}
