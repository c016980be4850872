import { VERSION_ENVIRONMENT, VERSION_ID } from "../names.ts";

/** Settings of the plugin. */
interface Given {
  version: string | undefined;
  paths: readonly string[];
  pollSeconds: number;
  /** Path patterns of lockstep.config.ts, from `LOCKSTEP_PATHS`. */
  configured: readonly string[] | undefined;
}

/** Facts about a build: Vite's settings, and the place of the build on its site. */
export interface BuildFacts {
  /** Path of the site on its host: `web.base` of lockstep.config.ts, or Vite's `base` outside of a release. */
  base: string;
  /** Vite's `base`, which may be relative. */
  builtBase: string;
  assetsDir: string;
  /**
   * Folders that all versions share: `web.hashedFolders` of lockstep.config.ts, or Vite's `build.assetsDir` outside of
   * a release.
   */
  hashedFolders: string[];
}

/** Returns the first problem of a build with its fix, or `undefined`. */
export function complaint(given: Given, facts: BuildFacts): string | undefined {
  return wrongVersion(given) ?? wrongPaths(given) ?? wrongPoll(given) ?? wrongPlace(facts);
}

function wrongVersion({ version }: Given): string | undefined {
  if (version !== undefined && new RegExp(`^${VERSION_ID}$`).test(version)) return undefined;
  return (
    `${VERSION_ENVIRONMENT} is ${version === undefined ? "not set" : `"${version}"`}; a version id such as 20261122-101500-1f3a9c2 is needed. ` +
    "`npm run release` and `npm run build` set it for you."
  );
}

function wrongPaths({ paths, configured }: Given): string | undefined {
  if (paths.length === 0) return 'lockstep({ paths }): the list is empty. Next: paths: ["/api/*"].';
  const wrong = paths.find((path) => !/^[/*][^\s"#]*$/.test(path));
  if (wrong !== undefined)
    return `lockstep({ paths }): "${wrong}" is not a path pattern. A pattern starts with / and may have the wildcards * and ?: paths: ["/api/*", "/graphql"].`;
  if (configured === undefined || paths.join(" ") === configured.join(" ")) return undefined;
  return (
    `lockstep({ paths }) is ${JSON.stringify(paths)}, but the path patterns in lockstep.config.ts are ${JSON.stringify(configured)}. ` +
    "Next: remove the option `paths`; the plugin then takes the patterns from lockstep.config.ts."
  );
}

function wrongPoll({ pollSeconds }: Given): string | undefined {
  return pollSeconds >= 1
    ? undefined
    : `lockstep({ pollSeconds: ${pollSeconds} }): at least 1 second is needed.`;
}

function wrongPlace({ base, builtBase, assetsDir, hashedFolders }: BuildFacts): string | undefined {
  const isRelative = builtBase === "" || builtBase.startsWith(".");
  if (!isRelative && builtBase !== base)
    return (
      `Vite's base is "${builtBase}", but web.base in lockstep.config.ts is "${base}". ` +
      `Next: set base: "${base}" in your Vite config, or web.base: "${builtBase}" in lockstep.config.ts.`
    );
  if (isIn(`${assetsDir}/x`, hashedFolders)) return undefined;
  const folders = JSON.stringify(hashedFolders);
  const fix = `set build.assetsDir: "${hashedFolders[0] ?? "assets"}" in your Vite config`;
  if (assetsDir === ".")
    return `Vite's build.assetsDir is empty: files that all versions share need a separate folder. web.hashedFolders in lockstep.config.ts is ${folders}. Next: ${fix}.`;
  return (
    `Vite's build.assetsDir is "${assetsDir}", but web.hashedFolders in lockstep.config.ts is ${folders}. ` +
    `Next: add "${assetsDir}" to web.hashedFolders, or ${fix}.`
  );
}

/**
 * Reports a chunk outside the folders that versions share. At its address, an open page would get another version's
 * file.
 */
export function misplacedChunk(
  bundle: Record<string, { type: string; fileName: string }>,
  { hashedFolders }: BuildFacts,
): string | undefined {
  const chunk = Object.values(bundle).find(
    ({ type, fileName }) => type === "chunk" && !isIn(fileName, hashedFolders),
  );
  if (!chunk) return undefined;
  return (
    `The chunk ${chunk.fileName} is not in ${hashedFolders.map((folder) => `${folder}/`).join(" or ")}: open pages would get the file of another version. ` +
    `Next: change entryFileNames and chunkFileNames in your Vite config, or add the folder to web.hashedFolders in lockstep.config.ts.`
  );
}

function isIn(file: string, folders: readonly string[]): boolean {
  return folders.some((folder) => file.startsWith(`${folder}/`));
}
