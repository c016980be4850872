import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { BUILD_MANIFEST, CONTENT_METADATA, STAMP_METADATA, STATUS_METADATA } from "@lockstep/edge/names";
import pLimit from "p-limit";
import { LockstepError } from "../../base/lockstep-error.ts";
import type { LockstepConfig } from "../../config/config.ts";
import { isPage } from "../../versions/page.ts";
import { type BuiltFile, listBuild } from "./build-folder.ts";
import { type CheckedFile, checkBuild, checkNames, isShared, keyFor, type Serving } from "./check-build.ts";
import { contentTypeOf } from "./content-type.ts";

/** A file of a build, and its object in the web bucket. */
export interface WebFile {
  key: string;
  /** Path on this machine. */
  path: string;
  /** The content to upload; absent for a large file that is uploaded unchanged from `path`. */
  body?: Buffer;
  contentType: string;
  /** Compressed by the release, because CloudFront does not compress files of this size. */
  contentEncoding?: "gzip";
  cacheControl: string;
  /**
   * User metadata. A page has its version, from which `stamp` creates the cookie; `404.html` has its status instead. A
   * shared file that the release compressed has the MD5 of its content.
   */
  metadata?: Record<string, string>;
  /** MD5 of the object in hex, which is also its ETag. */
  md5: string;
  /** All versions share the file. Its name carries a hash of its content. */
  shared: boolean;
}

/** The content never changes, because the name carries its hash. */
const SHARED_CACHE = "public, max-age=31536000, immutable";
/**
 * All other files have the same name in each version. CloudFront caches them under the version's key, which never
 * changes (`s-maxage`). The distribution sends `private, no-cache` to viewers instead (docs/decisions/065).
 */
const VERSION_CACHE = "public, max-age=0, s-maxage=31536000, must-revalidate";
/** The largest file that CloudFront compresses (developer guide, "Serve compressed files"). */
const CLOUDFRONT_COMPRESSES_BYTES = 10_000_000;
/** A larger file is read again for its upload, so that a build does not have to fit into memory. */
const MAX_BUFFERED_BYTES = 1_000_000;
const CONCURRENCY = 16;

/** How the configuration serves a frontend. */
export function servingOf({ web, api }: Pick<LockstepConfig, "web" | "api">): Serving {
  return { ...web, paths: api.pathPatterns };
}

interface ReadOptions {
  /** The id that the build wrote into its pages. It is replaced by the version's id. Default: the version's id. */
  builtAs?: string | undefined;
  serving: Serving;
}

/**
 * Reads and checks the files of a frontend build, with their keys in the web bucket: shared files in their hashed
 * folders, all others below the prefix of the version.
 *
 * @throws LockstepError BUILD_INCOMPLETE if index.html is missing, a page belongs to another version, or a file cannot
 *   be served; BUILD_MISMATCH if the build does not match the configuration
 */
export async function readWebFiles(
  folder: string,
  id: string,
  { builtAs = id, serving }: ReadOptions,
): Promise<WebFile[]> {
  const built = await listBuild(folder);
  checkNames(
    built.map(({ name }) => name),
    serving,
  );
  const limit = pLimit(CONCURRENCY);
  const read = await Promise.all(built.map((file) => limit(() => toWebFile(file, { id, builtAs, serving }))));
  const index = read.find(({ checked }) => checked.name === "index.html");
  if (index === undefined) throw new LockstepError("BUILD_INCOMPLETE", `${folder} has no index.html.`);
  if (!index.checked.text?.includes(builtAs))
    throw new LockstepError(
      "BUILD_INCOMPLETE",
      `index.html in ${folder} does not contain the version ${builtAs}. Check that the Vite config has the lockstep() plugin.`,
    );
  checkBuild(
    read.map(({ checked }) => checked),
    builtAs,
    serving,
  );
  return read.map(({ file }) => file);
}

async function toWebFile(
  { name, path }: BuiltFile,
  { id, builtAs, serving }: { id: string; builtAs: string; serving: Serving },
): Promise<{ file: WebFile; checked: CheckedFile }> {
  const shared = isShared(name, serving);
  const page = !shared && isPage(name);
  const built = await readFile(path);
  // latin1 keeps each byte. A page need not be UTF-8.
  const content =
    page && builtAs !== id ? Buffer.from(built.toString("latin1").replaceAll(builtAs, id), "latin1") : built;
  const contentType = contentTypeOf(name);
  const zipped = content.length > CLOUDFRONT_COMPRESSES_BYTES && COMPRESSIBLE.test(contentType);
  const body = zipped ? await promisify(gzip)(content, { level: 9 }) : content;
  const metadata = metadataOf({ name, page, zipped: zipped && shared, content }, id, serving);
  const file: WebFile = {
    key: keyFor(name, id, serving),
    path,
    ...((zipped || page || body.length <= MAX_BUFFERED_BYTES) && { body }),
    contentType,
    ...(zipped && { contentEncoding: "gzip" as const }),
    cacheControl: shared ? SHARED_CACHE : VERSION_CACHE,
    ...(metadata && { metadata }),
    md5: createHash("md5").update(body).digest("hex"),
    shared,
  };
  const readable = isPage(name) || name === BUILD_MANIFEST || /\.(?:m?js|css)$/.test(name);
  return { file, checked: { name, shared, ...(readable && { text: built.toString() }) } };
}

interface FileFacts {
  name: string;
  page: boolean;
  /** A shared file that was compressed. */
  zipped: boolean;
  content: Buffer;
}

function metadataOf(
  { name, page, zipped, content }: FileFacts,
  id: string,
  { kind }: Serving,
): Record<string, string> | undefined {
  if (zipped) return { [CONTENT_METADATA]: createHash("md5").update(content).digest("hex") };
  if (!page) return undefined;
  return kind === "pages" && name === "404.html" ? { [STATUS_METADATA]: "404" } : { [STAMP_METADATA]: id };
}

const COMPRESSIBLE = /^text\/|^application\/(javascript|json|xml|wasm|manifest\+json)|^image\/svg\+xml/;
