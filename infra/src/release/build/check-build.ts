import { buildPrefix, isBuildFile } from "@lockstep/edge/build-path";
import { encodePathTable } from "@lockstep/edge/encode-path-table";
import { BUILD_MANIFEST, LOCKSTEP_PATH } from "@lockstep/edge/names";
import { matchesPath } from "@lockstep/edge/path-pattern";
import { z } from "zod";
import { formatList } from "../../base/format.ts";
import { LockstepError } from "../../base/lockstep-error.ts";
import type { LockstepConfig } from "../../config/config.ts";
import { isPage, metaOf, pageVersion } from "../../versions/page.ts";

/** How a frontend is served. A build must match it. */
export interface Serving extends Pick<LockstepConfig["web"], "kind" | "base" | "hashedFolders"> {
  /** Path patterns of the services. */
  paths: readonly string[];
}

/** What the checks read of a file. */
export interface CheckedFile {
  name: string;
  shared: boolean;
  /** The content; only of pages, scripts, styles and the build manifest. */
  text?: string;
}

/** Bytes of a key (S3 limit). */
const KEY_MAX_BYTES = 1024;
const SHOWN = 5;

/** @throws LockstepError BUILD_INCOMPLETE with the files that no request could reach */
export function checkNames(names: readonly string[], serving: Serving): void {
  const wrong = names.flatMap((name) => {
    const why = unreachable(name, serving);
    return why === undefined ? [] : [`${name} ${why}`];
  });
  if (wrong.length > 0) throw new LockstepError("BUILD_INCOMPLETE", `${formatList(wrong, SHOWN, "; ")}.`);
}

function unreachable(name: string, serving: Serving): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to refuse
  if (/[\u0000-\u001f\u007f-\u009f\ufffe\uffff]/.test(name)) return "has a control character in its name";
  if (name.includes("\ufffd")) return "has a name that is not UTF-8";
  if (name.includes("\\")) return "has a backslash in its name, which browsers send as a slash";
  const bytes = Buffer.byteLength(keyFor(name, "00000000-000000-0000000", serving));
  if (bytes > KEY_MAX_BYTES)
    return `has a name that is too long: its key would have ${bytes} bytes, and S3 allows ${KEY_MAX_BYTES}`;
  if (name.includes("+") && isShared(name, serving))
    return "is a shared file with + in its name, which S3 reads as a space";
  const path = serving.base + name;
  if (path.startsWith(LOCKSTEP_PATH)) return `is below ${LOCKSTEP_PATH}, which belongs to Lockstep`;
  if (isBuildFile(path)) return "is never served: /builds/<version>/ belongs to Lockstep";
  const pattern = name === BUILD_MANIFEST ? undefined : serving.paths.find((one) => matchesPath(one, path));
  if (pattern !== undefined) return `is never served: requests for it go to the service (${pattern})`;
  return undefined;
}

/** Whether all versions share the file, because it is in a hashed folder. */
export function isShared(name: string, { hashedFolders }: Serving): boolean {
  return hashedFolders.some((folder) => name.startsWith(`${folder}/`));
}

/** The key of a file in the web bucket. Files that are not shared are below the prefix of the version. */
export function keyFor(name: string, id: string, serving: Serving): string {
  const placed = serving.base.slice(1) + name;
  return isShared(name, serving) ? placed : buildPrefix(id) + placed;
}

/**
 * Checks that a build matches the configuration, and that its pages belong to the version.
 *
 * @param builtAs the id that the build wrote into its pages
 * @throws LockstepError BUILD_MISMATCH with both values; BUILD_INCOMPLETE for a page of another version
 */
export function checkBuild(files: readonly CheckedFile[], builtAs: string, serving: Serving): void {
  const pages = files.filter(({ name, shared }) => !shared && isPage(name));
  for (const { name, text = "" } of pages) {
    const stamp = pageVersion(text);
    if (stamp !== undefined && stamp !== builtAs)
      throw new LockstepError(
        "BUILD_INCOMPLETE",
        `${name} is a page of ${stamp}, not of this build. Delete the content of web.output before the build.`,
      );
  }
  checkSharedPages(files);
  checkSharedFolders(files, serving);
  checkTableSize(files);
  const manifest = readManifest(files, builtAs);
  if (manifest?.paths === undefined) checkPages(pages, serving.paths);
  else compare(manifest, serving);
}

const buildManifest = z.object({
  version: z.string(),
  paths: z.array(z.string()).optional(),
  base: z.string().optional(),
  hashedFolders: z.array(z.string()).optional(),
});
type BuildManifest = z.infer<typeof buildManifest>;

function readManifest(files: readonly CheckedFile[], builtAs: string): BuildManifest | undefined {
  const text = files.find(({ name }) => name === BUILD_MANIFEST)?.text;
  if (text === undefined) return undefined;
  try {
    const manifest = buildManifest.parse(JSON.parse(text));
    if (manifest.version === builtAs) return manifest;
    throw new Error(`it names ${manifest.version}`);
  } catch (cause) {
    const why = (cause as Error).message.split("\n", 1)[0];
    throw new LockstepError(
      "BUILD_INCOMPLETE",
      `${BUILD_MANIFEST} does not belong to this build (${why}). Delete the content of web.output before the build.`,
      { cause },
    );
  }
}

function compare({ paths = [], base, hashedFolders }: BuildManifest, serving: Serving): void {
  const differences = [
    differ("api.pathPatterns", paths, serving.paths),
    base === undefined ? undefined : differ("web.base", [base], [serving.base]),
    hashedFolders === undefined
      ? undefined
      : differ("web.hashedFolders", hashedFolders, serving.hashedFolders),
  ].filter((one) => one !== undefined);
  if (differences.length > 0) throw new LockstepError("BUILD_MISMATCH", `${differences.join(" ")}`);
}

/** For a build without a manifest: each page with the client must name the paths that it pins. */
function checkPages(pages: readonly CheckedFile[], paths: readonly string[]): void {
  for (const { name, text = "" } of pages) {
    if (pageVersion(text) === undefined) continue;
    const pinned = metaOf(text, "data-paths");
    if (pinned === undefined)
      throw new LockstepError(
        "BUILD_MISMATCH",
        `${name} does not name the paths that it pins, and neither does a ${BUILD_MANIFEST}. Build with the lockstep() plugin of this release, or add data-paths="${paths.join(" ")}" to its <meta name="lockstep-version">.`,
      );
    const difference = differ(
      "api.pathPatterns",
      pinned.split(" ").filter((one) => one !== ""),
      paths,
    );
    if (difference !== undefined) throw new LockstepError("BUILD_MISMATCH", `${name}: ${difference}`);
  }
}

function differ(field: string, built: readonly string[], configured: readonly string[]): string | undefined {
  const [ours, theirs] = [[...built].sort(), [...configured].sort()].map((list) => JSON.stringify(list));
  if (ours === theirs) return undefined;
  return `The build is for ${JSON.stringify(built)}, but ${field} is ${JSON.stringify(configured)}.`;
}

/**
 * The name of a script or a style that carries a hash: 8 characters of base64url (Vite, Rollup, Astro, esbuild) or at
 * least 8 hex digits (webpack), with letters and digits, or with both cases.
 */
const HASHED_NAME = /[-._](?:([0-9a-f]{8,64})|([\w-]{8}))\.(?:m?js|css)$/;
/** A service worker's script, which must not be shared although the most used plugin puts its hash into its name. */
const OF_A_SERVICE_WORKER = /(?:^|\/)workbox-[\w-]+\.js$/;

function looksHashed(name: string): boolean {
  if (OF_A_SERVICE_WORKER.test(name)) return false;
  const match = HASHED_NAME.exec(name);
  const hash = match?.[1] ?? match?.[2];
  if (hash === undefined) return false;
  return (/\d/.test(hash) && /[a-z]/i.test(hash)) || (/[a-z]/.test(hash) && /[A-Z]/.test(hash));
}

/** A page of a version in a shared folder would be cached for a year for all versions, and would set no cookie. */
function checkSharedPages(files: readonly CheckedFile[]): void {
  const wrong = files.filter(
    ({ name, shared, text = "" }) => shared && isPage(name) && pageVersion(text) !== undefined,
  );
  if (wrong.length === 0) return;
  throw new LockstepError(
    "BUILD_INCOMPLETE",
    `${formatList(
      wrong.map(({ name }) => name),
      SHOWN,
      "; ",
    )}: pages of a version in a folder of web.hashedFolders, which all versions share. Change the build so that it writes pages to another folder.`,
  );
}

/** A chunk outside the shared folders would be missing after the next release, while open pages still need it. */
function checkSharedFolders(files: readonly CheckedFile[], { hashedFolders }: Serving): void {
  const texts = files.flatMap(({ name, text }) =>
    text === undefined || name === BUILD_MANIFEST ? [] : [text],
  );
  const lost = files.filter(({ name, shared }) => {
    if (shared || !looksHashed(name)) return false;
    const last = name.slice(name.lastIndexOf("/") + 1);
    return texts.some((text) => text.includes(last));
  });
  if (lost.length === 0) return;
  const folders = [...new Set(lost.map(({ name }) => name.split("/").slice(0, -1).join("/")))];
  const fix = folders.includes("")
    ? "Change the build so that it writes them to a folder, and add that folder to web.hashedFolders"
    : `Add ${folders.map((folder) => JSON.stringify(folder)).join(", ")} to web.hashedFolders and run npm run infra:deploy, or change the build so that it uses a folder of web.hashedFolders`;
  throw new LockstepError(
    "BUILD_MISMATCH",
    `${formatList(
      lost.map(({ name }) => name),
      SHOWN,
      "; ",
    )}: names with a content hash outside web.hashedFolders (${JSON.stringify(hashedFolders)}). Open pages would lose them with the next release. ${fix}.`,
  );
}

function checkTableSize(files: readonly CheckedFile[]): void {
  const names = files.flatMap(({ name, shared }) => (shared ? [] : [name]));
  if (encodePathTable("00000000-000000-0000000", names) !== undefined) return;
  throw new LockstepError(
    "BUILD_INCOMPLETE",
    `${names.length} files outside web.hashedFolders are more than the edge's path table can hold (about 7,000). Move files whose names carry a hash into a folder of web.hashedFolders.`,
  );
}
