import {
  BASE_ENVIRONMENT,
  HASHED_FOLDERS_ENVIRONMENT,
  PATHS_ENVIRONMENT,
  POLL_ENVIRONMENT,
  VERSION_ENVIRONMENT,
  VERSION_META,
} from "../names.ts";

/** Environment variables that `npm run release` and `npm run build` set for a build of the frontend. */
export interface Environment {
  [VERSION_ENVIRONMENT]?: string;
  [PATHS_ENVIRONMENT]?: string;
  [POLL_ENVIRONMENT]?: string;
  [HASHED_FOLDERS_ENVIRONMENT]?: string;
  [BASE_ENVIRONMENT]?: string;
}

/** Options that override the environment, for builds outside of `npm run release` and `npm run build`. */
export interface BuildOptions {
  /** Version to stamp. Default: the environment variable `LOCKSTEP_VERSION`. */
  version?: string;
  /**
   * Path patterns of your services: `["/api/*", "/graphql"]`. Default: the environment variable `LOCKSTEP_PATHS`, then
   * `["/api/*"]`.
   */
  paths?: readonly string[];
  /**
   * Seconds between two status checks and between two heartbeats of a visible page. Default: the environment variable
   * `LOCKSTEP_POLL_SECONDS`, which a release sets to `protection.heartbeatSeconds`; then 300.
   */
  pollSeconds?: number;
}

const DEFAULT_PATHS = ["/api/*"];
const DEFAULT_POLL_SECONDS = 300;

/** Merges options and environment. */
export function buildSettings(options: BuildOptions, env: Environment) {
  const configured = listOf(env[PATHS_ENVIRONMENT]);
  return {
    version: options.version ?? env[VERSION_ENVIRONMENT],
    paths: options.paths ?? configured ?? DEFAULT_PATHS,
    /** Path patterns of lockstep.config.ts. `undefined` outside of a release. */
    configured,
    pollSeconds: options.pollSeconds ?? Number(env[POLL_ENVIRONMENT] ?? DEFAULT_POLL_SECONDS),
    base: env[BASE_ENVIRONMENT],
    hashedFolders: listOf(env[HASHED_FOLDERS_ENVIRONMENT]),
  };
}

/** Returns the attributes of the `<meta>` element in which a page carries its version. */
export function stampOf({
  version,
  paths,
  pollSeconds,
}: ReturnType<typeof buildSettings>): Record<string, string> {
  return {
    name: VERSION_META,
    content: version!,
    "data-paths": paths.join(" "),
    "data-poll": String(pollSeconds),
    // Turbo Drive fetches a page and swaps its content. This attribute makes it load a page of another version in full.
    "data-turbo-track": "reload",
  };
}

/** Splits a list from the environment at its spaces. */
function listOf(text: string | undefined): string[] | undefined {
  return text?.split(" ").filter((item) => item !== "");
}
