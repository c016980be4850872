import { VERSION_META } from "../names.ts";

/** What `npm run release` and `npm run build` tell a build of the frontend through its environment. */
export interface Environment {
  LOCKSTEP_VERSION?: string;
  LOCKSTEP_PATHS?: string;
  LOCKSTEP_POLL_SECONDS?: string;
  LOCKSTEP_HASHED_FOLDERS?: string;
  LOCKSTEP_BASE?: string;
}

/** Options that override the environment, for builds outside of these commands. */
export interface BuildOptions {
  /** The version to stamp. Default: `LOCKSTEP_VERSION` of the environment. */
  version?: string;
  /** Path patterns of your services: `["/api/*", "/graphql"]`. Default: `LOCKSTEP_PATHS` of the environment; else `["/api/*"]`. */
  paths?: readonly string[];
  /**
   * How often a visible page asks whether there is another version, and shows that it is open, in seconds. Default:
   * `LOCKSTEP_POLL_SECONDS` of the environment, which is `protection.heartbeatSeconds`; else 300.
   */
  pollSeconds?: number;
}

const DEFAULT_PATHS = ["/api/*"];
const DEFAULT_POLL_SECONDS = 300;

/** Options and environment together. */
export function buildSettings(options: BuildOptions, env: Environment) {
  const configured = listOf(env.LOCKSTEP_PATHS);
  return {
    version: options.version ?? env.LOCKSTEP_VERSION,
    paths: options.paths ?? configured ?? DEFAULT_PATHS,
    /** The patterns in lockstep.config.ts; `undefined` outside of a release. */
    configured,
    pollSeconds: options.pollSeconds ?? Number(env.LOCKSTEP_POLL_SECONDS ?? DEFAULT_POLL_SECONDS),
    base: env.LOCKSTEP_BASE,
    hashedFolders: listOf(env.LOCKSTEP_HASHED_FOLDERS),
  };
}

/** The attributes of the `<meta>` by which a page carries its version. */
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
    // Turbo Drive replaces the content of a page by a fetch. With this, a page of another version loads in full.
    "data-turbo-track": "reload",
  };
}

/** The items of a list in the environment, which are separated by spaces. */
function listOf(text: string | undefined): string[] | undefined {
  return text?.split(" ").filter((item) => item !== "");
}
